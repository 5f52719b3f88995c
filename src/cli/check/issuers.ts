/**
 * Asks the issuers themselves: is there a discovery document, does it name the issuer to the letter, are there keys
 * to use, and would a given token be taken? What asks and judges is the code that the Worker runs.
 */

import { readKeySet } from '../../auth/bearer/jwk.ts'
import { readToken } from '../../auth/bearer/token.ts'
import type { SchemeFeature } from '../../auth/feature.ts'
import type { Inbound, Scheme } from '../../auth/scheme.ts'
import type { GatewayConfig } from '../../config/define.ts'
import { createHouse } from '../../config/house.ts'
import { GatewayError } from '../../errors.ts'
import type { Fetch } from '../../lib/fetch.ts'
import { createScope } from '../../lib/scope.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { count, type Finding } from './report.ts'

export interface LiveOptions {
  /** An access token that the gateway should take. */
  readonly token: string | undefined
  /** In place of the network. */
  readonly fetch: Fetch
  /** Unix seconds. */
  readonly now: () => number
}

/** What an issuer has answered. */
interface Answer {
  readonly url: string
  readonly body: unknown
}

const scope = () => createScope({ waitUntil: () => {} })

/** Asks every issuer of a sound config. */
export async function askIssuers(
  { schemes: entries }: GatewayConfig,
  { token, fetch, now }: LiveOptions,
): Promise<Finding[]> {
  let asked = 0
  let answers: Answer[] = []
  const recording: Fetch = async (request) => {
    asked++
    const response = await fetch(request)
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => undefined)
    answers.push({ url: request.url, body })
    return response
  }
  const { schemes } = createHouse({ schemes: entries }, { fetch: recording, store: undefined, now })
  const findings: Finding[] = []
  for (const [name, scheme] of schemes) {
    const entry = entries[name]
    if (!entry?.oauth || !scheme.scheduled) continue
    asked = 0
    answers = []
    const reason = await scheme.scheduled(scope()).then(() => undefined, reasonOf)
    const place = `schemes.${name}`
    if (reason !== undefined && asked === 0) {
      const text = `${place}: is reached over a binding (via), which leads nowhere from here`
      findings.push({ verdict: 'skipped', text })
    } else {
      findings.push(describe(place, entry, answers, reason))
    }
  }
  if (token !== undefined) findings.push(await tryToken(token, entries, [...schemes.values()]))
  return findings
}

function describe(
  name: string,
  { oauth }: SchemeFeature,
  answers: readonly Answer[],
  reason: string | undefined,
): Finding {
  const documents = answers.filter(({ body }) => isObject(body)) as (Answer & {
    body: JsonObject
  })[]
  if (reason === undefined) {
    const keys = documents.map(({ body }) => readKeySet(body)?.length ?? 0).at(-1) ?? 0
    const issuers: readonly unknown[] = oauth?.issuers ?? [oauth?.issuer]
    const said = documents.some(({ body }) => issuers.includes(body.issuer))
    const discovery = said ? 'discovery found, its issuer is equal to the letter, ' : ''
    const verdict = keys > 0 ? 'ok' : 'problem'
    return { verdict, text: `${name}: ${discovery}${count(keys, 'key')} to verify with` }
  }
  const other = documents.find(({ url }) => url.includes('/.well-known/'))?.body.issuer
  if (typeof other === 'string' && other !== oauth?.issuer) {
    return {
      verdict: 'problem',
      text: `${name}.issuer: is not to the letter what its discovery document says. Write '${other}'`,
    }
  }
  return { verdict: 'problem', text: `${name}: ${reason}` }
}

async function tryToken(
  token: string,
  entries: GatewayConfig['schemes'],
  schemes: readonly Scheme[],
): Promise<Finding> {
  const evidence = { value: token, place: { header: 'authorization' }, ambient: false }
  const notMine = new Set<string>()
  for (const scheme of schemes) {
    if (!entries[scheme.name]?.oauth) continue
    try {
      // A bearer scheme judges the token alone.
      const verdict = await scheme.verify(evidence, {} as Inbound, scope())
      if ('notMine' in verdict) {
        notMine.add(verdict.notMine)
        continue
      }
      const { scopes, roles } = verdict.principal
      const has = `its scopes are ${list([...scopes])}, its roles ${list(roles)}`
      return { verdict: 'ok', text: `the token is good for schemes.${scheme.name}: ${has}` }
    } catch (error) {
      const text = `the token is refused by schemes.${scheme.name}: ${reasonOf(error)}. ${claimsOf(token)}`
      return { verdict: 'problem', text }
    }
  }
  return {
    verdict: 'problem',
    text: `the token is refused: ${[...notMine].join('; ')}. ${claimsOf(token)}`,
  }
}

/** What the owner compares with the file. Printed to whoever holds the token. */
function claimsOf(token: string): string {
  try {
    const { iss, aud } = readToken(token).claims
    return `It has iss ${JSON.stringify(iss)} and aud ${JSON.stringify(aud)}`
  } catch {
    return 'It is no JWT that can be read'
  }
}

function list(names: readonly string[]): string {
  return names.length > 0 ? names.join(', ') : 'none'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'a value was thrown'
  const isAsked = error instanceof GatewayError && error.cause instanceof Error
  const below = isAsked ? (error.cause as Error).cause : undefined
  return below instanceof Error ? `${error.message} (${below.message})` : error.message
}
