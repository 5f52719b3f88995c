/**
 * What every preset has in common. A preset makes an entry of `schemes`: it checks the owner's options and
 * says what they come to; one that is not imported is not in the bundle.
 */

import * as v from 'valibot'
import type { Binding } from '../../lib/fetch.ts'
import {
  claimLocations,
  fetcher,
  listOf,
  secondsBetween,
  textLike,
  told,
} from '../../options/schemas.ts'
import { suggest } from '../../options/suggest.ts'
import { ALGORITHMS } from '../bearer/jwk.ts'
import { MAX_TOKEN_LENGTH } from '../bearer/token.ts'
import { type TokenSource, tokenSources } from '../bearer/token-source.ts'
import type { ClaimLocations } from '../claim-location.ts'
import { type PossessionFeature, possessionFeatures } from '../possession/possession.ts'
import { explainSecureUrl } from './urls.ts'

/** Options that every preset takes. */
export interface CommonOptions {
  /** Signature algorithms that are accepted. Default: RS, PS and ES 256 to 512, and EdDSA. */
  algorithms?: readonly string[]
  /** How far this clock and the issuer's may be apart, in seconds. Default 30, at most 300. */
  clockSkewSeconds?: number
  /** The longest token, in characters. Default 8,192, at most 16,384; the platform has limits for headers too. */
  maxTokenLength?: number
  /** Where scopes stand: a string with spaces, or an array. A list of paths adds up. Default: `scope` and `scp`. */
  scopeClaim?: ClaimLocations
  /**
   * Where roles stand: an array, one string, or an object whose members are the roles. A list of paths adds up,
   * as `[['realm_access', 'roles'], ['groups']]`. Default: `roles`.
   */
  rolesClaim?: ClaimLocations
  /**
   * Places for this issuer's tokens beside `Authorization`, for example `[{ header: 'x-api-token' }]` or
   * `[{ header: 'x-session-token', ambient: true }, { cookie: 'session' }]`; for WebSockets of browsers
   * `[{ subprotocol: 'access-token' }]` (docs/token-places.md). No origin gets to see them, on any route. A person whose browser sends a cookie, or for whom an access proxy sets a header, has to come from a
   * page of the gateway's own origin to change something. Default: none.
   */
  tokenFrom?: readonly TokenSource[]
  /**
   * Takes tokens that are bound to what only their client has, and checks it with every request:
   * `[dpop({ state: env.STATE })]`, `[mtls()]`, or both. Default: none, and a bound token is refused.
   */
  possession?: readonly PossessionFeature[]
  /**
   * A binding through which the issuer is reached: a Worker cannot fetch its own hostname. All of the
   * issuer's URLs must then be on one origin. Default: none.
   */
  via?: Binding
}

export const secureUrl = textLike("'https://auth.acme.example'", explainSecureUrl)

const algorithm = told<string>((name) => {
  if (ALGORITHMS.includes(name as string)) return undefined
  if (typeof name === 'string' && /^HS\d/i.test(name)) {
    return 'is signed with a shared secret, which no key set publishes. Have the issuer sign with RS256 or ES256, or let it be asked: introspect: { …, sharedSecret: true }'
  }
  const meant = typeof name === 'string' ? suggest(name, ALGORITHMS) : undefined
  const isSlip = meant?.toLowerCase() === String(name).toLowerCase()
  return isSlip ? `must be written '${meant}'` : `must be one of ${ALGORITHMS.join(', ')}`
})

const tokenLength = told<number>((value) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_TOKEN_LENGTH
    ? undefined
    : `must be a whole number of characters from 1 to ${MAX_TOKEN_LENGTH}, without quotes, for example 12000`,
)

export const commonEntries = {
  algorithms: v.exactOptional(listOf(algorithm, { example: "['RS256']", isOptional: true })),
  clockSkewSeconds: v.exactOptional(secondsBetween(0, 300, { example: 30 })),
  maxTokenLength: v.exactOptional(tokenLength),
  scopeClaim: v.exactOptional(claimLocations),
  rolesClaim: v.exactOptional(claimLocations),
  tokenFrom: v.exactOptional(tokenSources),
  possession: v.exactOptional(possessionFeatures),
  via: v.exactOptional(fetcher),
}

/** Whatever an owner wrote where options should be: what is none has no options. */
export function optionsOf<Options extends object>(written: Options): Partial<Options> {
  return Object(written)
}
