/**
 * What a client is told of its limits: the fields `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-11, lists of RFC 9651. A draft: the names may still change.
 */

import type { Finish } from '../../auth/scheme.ts'
import type { Verdict } from './engine.ts'

export interface Told {
  /** Letters, digits, `-` and `_`: nothing that a text of RFC 9651 would have to escape. */
  readonly name: string
  readonly requests: number
  readonly perSeconds: number
  /** Undefined where there is none. */
  readonly verdict: Verdict | undefined
}

/** `isFirst`: nothing stands there yet but what the service says, which is about a limit of its own. */
export function tell(told: readonly Told[], isFirst: boolean): Finish {
  return (headers) => {
    if (isFirst) {
      headers.delete('ratelimit-policy')
      headers.delete('ratelimit')
    }
    for (const { name, requests, perSeconds, verdict } of told) {
      headers.append('ratelimit-policy', `"${name}";q=${requests};w=${perSeconds}`)
      const { remaining, resetSeconds } = verdict ?? {}
      if (remaining === undefined || resetSeconds === undefined) continue
      headers.append('ratelimit', `"${name}";r=${remaining};t=${resetSeconds}`)
    }
  }
}
