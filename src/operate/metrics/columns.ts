/**
 * The columns of a point in Workers Analytics Engine, declared once. Their order is a contract with what is stored:
 * a new one goes to the end of its kind.
 * https://developers.cloudflare.com/analytics/analytics-engine/limits/
 */

import type { RequestEvent } from '../log.ts'

/** Who pays for an answer: `served` by the origin, a handler or the cache; `refused` by the gateway; or `failed`. */
export type Outcome = 'served' | 'refused' | 'failed'

/** One for each answer, for whoever bills by use. */
export interface Usage {
  /** Of the request: the same in the log. */
  readonly id: string
  /** Undefined where the credential names none. */
  readonly client: string | undefined
  /** The id of an API key; undefined where none was used. */
  readonly key: string | undefined
  /** The pattern of the route; undefined where none matched. */
  readonly route: string | undefined
  readonly outcome: Outcome
  /** 0 of what was not served; else 1, or what the answer says in the owner's header. */
  readonly units: number
}

interface Column<Value> {
  readonly name: string
  of(event: RequestEvent, usage: Usage): Value | undefined
}

/** At most 20. */
export const BLOBS: readonly Column<string>[] = [
  { name: 'route', of: ({ route }) => route },
  { name: 'method', of: ({ method }) => method },
  { name: 'outcome', of: (_, { outcome }) => outcome },
  { name: 'code', of: ({ code, simulated }) => code ?? simulated },
  { name: 'scheme', of: ({ scheme }) => scheme },
  { name: 'issuer', of: ({ issuer }) => issuer },
  { name: 'client', of: ({ client }) => client },
  { name: 'key', of: (_, { key }) => key },
  { name: 'subject', of: ({ subject }) => subject },
  { name: 'host', of: ({ host }) => host },
  { name: 'origin', of: ({ origin }) => origin },
  { name: 'cache', of: ({ cache }) => cache as string | undefined },
  { name: 'limit', of: ({ limit }) => limit },
  { name: 'keys', of: ({ keys }) => keys },
  { name: 'mcpMethod', of: ({ mcpMethod }) => mcpMethod as string | undefined },
  { name: 'mcpName', of: ({ mcpName }) => mcpName as string | undefined },
]

/** At most 20. */
export const DOUBLES: readonly Column<number>[] = [
  { name: 'units', of: (_, { units }) => units },
  { name: 'status', of: ({ status }) => status },
  { name: 'durationMs', of: ({ durationMs }) => durationMs },
  { name: 'authMs', of: ({ authMs }) => authMs },
  { name: 'originMs', of: ({ originMs }) => originMs },
]
