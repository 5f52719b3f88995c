/** The state Worker in memory: what its objects promise, for one gateway and one test. */

import type { ProofOperations } from '../auth/possession/replay.ts'
import type { MarkOperations } from '../operate/revocation/state-operations.ts'
import { STATE_CONTRACT, type StateOperations } from '../options/state-contract.ts'
import type { SessionContent, SessionOperations } from '../session/state-operations.ts'
import { take, type Used } from '../state/gcra.ts'

type Operations = StateOperations & SessionOperations & MarkOperations & ProofOperations

interface KeptSession extends SessionContent {
  readonly version: number
  readonly idleUntil: number
}

/** `now` in Unix seconds: what counts requests has no other clock. */
export function createState(now: () => number): Operations & { fetch(): Promise<Response> } {
  const numbers = new Map<string, number>()
  const limits = new Map<string, Used>()
  const proofs = new Map<string, number>()
  const seen = new Map<string, number>()
  const sessions = new Map<string, KeptSession>()
  const leases = new Map<string, string>()
  /** Sessions, and when they were begun. */
  const indexes = new Map<string, Map<string, number>>()
  const marks = new Map<string, { before: number; until: number; version: number }>()

  let changes = 0

  const live = (name: string, at: number) => {
    const kept = sessions.get(name)
    return kept && at < kept.idleUntil && at < kept.endsAt ? kept : undefined
  }
  const keep = (name: string, at: number, content: SessionContent, version: number) => {
    leases.delete(name)
    sessions.set(name, { ...content, version, idleUntil: at + content.idleSeconds })
  }
  const isFirst = (known: Map<string, number>, key: string, seconds: number) => {
    if ((known.get(key) ?? 0) > now()) return false
    known.set(key, now() + seconds)
    return true
  }
  const markName = (issuer: string, name: string) => `${issuer} ${name}`

  return {
    fetch: async () => new Response(null, { status: 404 }),
    serves: async () => [STATE_CONTRACT],

    async takeNumber(_contract, name) {
      const next = (numbers.get(name) ?? 0) + 1
      numbers.set(name, next)
      return next
    },

    async takeRequests(_contract, shard, { key, requests, periodMs, enough, want }) {
      const name = `${shard} ${key}`
      const rule = { requests, periodMs }
      const { used, ...outcome } = take(limits.get(name), now() * 1_000, rule, enough, want)
      if (outcome.granted > 0) limits.set(name, used)
      return outcome
    },

    takeProof: async (_contract, key, proof, seconds) =>
      isFirst(proofs, `${key} ${proof}`, seconds),

    async createSession(_contract, name, at, content) {
      keep(name, at, content, 1)
    },

    async readSession(_contract, name, at) {
      const kept = live(name, at)
      if (!kept) return undefined
      sessions.set(name, { ...kept, idleUntil: at + kept.idleSeconds })
      return { sealed: kept.sealed, version: kept.version }
    },

    async leaseSession(_contract, name, at, known, mayBegin) {
      const kept = live(name, at)
      if (!kept && !mayBegin) return { state: 'ended' }
      if (kept && kept.version > known) {
        return { state: 'newer', sealed: kept.sealed, version: kept.version }
      }
      if (leases.has(name)) return { state: 'busy' }
      const lease = crypto.randomUUID()
      leases.set(name, lease)
      return { state: 'yours', lease }
    },

    async writeSession(_contract, name, at, lease, known, content) {
      const kept = live(name, at)
      const isExpected = kept ? kept.version === known : leases.get(name) === lease
      if (isExpected) keep(name, at, content, known + 1)
      return isExpected
    },

    async releaseSession(_contract, name, _at, lease) {
      if (leases.get(name) === lease) leases.delete(name)
    },

    async endSession(_contract, name, version) {
      const kept = sessions.get(name)
      if (!kept || (version !== undefined && kept.version !== version)) return false
      return sessions.delete(name)
    },

    async indexSession(_contract, index, at, name, _until, begunAt = at) {
      indexes.set(index, (indexes.get(index) ?? new Map()).set(name, begunAt))
    },

    async endSessionsOf(_contract, index, at, jti, jtiUntil) {
      if (!isFirst(seen, `${index} ${jti}`, jtiUntil - at)) return undefined
      const names = indexes.get(index) ?? new Map()
      for (const name of names.keys()) sessions.delete(name)
      indexes.delete(index)
      return names.size
    },

    async endSessionsBefore(_contract, index, _at, before) {
      const known = indexes.get(index) ?? new Map<string, number>()
      const names = [...known].filter(([, begunAt]) => begunAt <= before).map(([name]) => name)
      for (const name of names) {
        sessions.delete(name)
        known.delete(name)
      }
      return names.length
    },

    async keepMarks(_contract, issuer, given, keepSeconds) {
      const known = changes
      for (const { name, before } of given) {
        const key = markName(issuer, name)
        if ((marks.get(key)?.before ?? -1) >= before) continue
        changes += 1
        marks.set(key, { before, until: before + keepSeconds, version: changes })
      }
      return changes - known
    },

    async marksSince(_contract, issuer, version) {
      const own = [...marks].filter(([key]) => key.startsWith(markName(issuer, '')))
      return {
        version: Math.max(version, ...own.map(([, mark]) => mark.version)),
        // Marks only move forward, so that hearing of one twice changes nothing.
        marks: own.map(([key, { before, until }]) => ({
          name: key.slice(markName(issuer, '').length),
          before,
          until,
        })),
      }
    },

    firstTime: async (_contract, issuer, id, keepSeconds) =>
      isFirst(seen, `${issuer} ${id}`, keepSeconds),
  }
}
