/** Where the operator cuts tokens off: `npm run revoke` asks here. */

import type { Selection } from '../../auth/cutoff.ts'
import type { Endpoint, House } from '../../auth/feature.ts'
import { operatorCheck } from '../../auth/operator.ts'
import { GatewayError } from '../../errors.ts'
import { decodeUtf8 } from '../../lib/bytes.ts'
import { readOwnBody } from '../../lib/read-body.ts'
import { type JsonObject, parseObject } from '../../lib/strict-json.ts'
import type { Recorder } from './events.ts'

export const REVOKE_PATH = '/.well-known/gatehouse/revoke'

const MAX_BODY_BYTES = 16_384
const NAMES = ['entry', 'subject', 'session', 'token', 'client', 'before']

/** What a revocation was understood as. */
export interface RevokeAnswer {
  readonly entry: string
  readonly selection: Selection
  /** Unix seconds. */
  readonly before: number
}

/** Takes `{ entry?, subject | session | token | client, before? }`; the answer says how it was understood. */
export function operatorEndpoint(key: string, house: House, recorder: Recorder): Endpoint {
  const { now, issuers } = house
  const check = operatorCheck(key, now)
  return {
    path: REVOKE_PATH,
    host: undefined,
    methods: ['POST'],
    async handle({ request }) {
      check(request)
      const asked = await readQuestion(request)
      const entry = entryOf(asked, [...issuers.keys()])
      const selection = selectionOf(asked)
      const before = momentOf(asked, now())
      await recorder.cutOff(entry, [{ selection, before }])
      return Response.json({ entry, selection, before } satisfies RevokeAnswer, {
        headers: { 'cache-control': 'no-store' },
      })
    },
  }
}

async function readQuestion(request: Request): Promise<JsonObject> {
  const body = await readOwnBody(request, MAX_BODY_BYTES)
  try {
    const asked = parseObject(decodeUtf8(body))
    const strange = Object.keys(asked).find((name) => !NAMES.includes(name))
    if (strange === undefined) return asked
  } catch {
    throw wrong('The body must be one JSON object.')
  }
  throw wrong(`The members are ${NAMES.join(', ')}, and no other.`)
}

function entryOf({ entry }: JsonObject, entries: readonly string[]): string {
  if (entry === undefined && entries.length === 1) return entries[0] ?? ''
  if (typeof entry === 'string' && entries.includes(entry)) return entry
  throw wrong(`entry must be one of the entries of schemes: ${entries.join(', ')}.`)
}

function selectionOf({ subject, session, token, client }: JsonObject): Selection {
  const given = Object.entries({ subject, session, token, client }).filter(
    ([, value]) => value !== undefined,
  )
  if (!given.every(([, value]) => typeof value === 'string' && value !== '')) {
    throw wrong('subject, session, token and client must be texts.')
  }
  const names = given.map(([name]) => name).join(' ')
  if (!['subject', 'session', 'token', 'client', 'subject client'].includes(names)) {
    throw wrong('Name one of subject, session, token and client, or subject and client together.')
  }
  return Object.fromEntries(given) as unknown as Selection
}

function momentOf({ before }: JsonObject, now: number): number {
  if (before === undefined) return now
  if (Number.isSafeInteger(before) && Number(before) >= 0 && Number(before) <= now) {
    return Number(before)
  }
  throw wrong('before must be a time that has been, in Unix seconds.')
}

function wrong(detail: string): GatewayError {
  return new GatewayError('invalid_request', { reason: `revoke: ${detail}`, detail })
}
