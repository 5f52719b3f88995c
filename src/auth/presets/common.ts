/**
 * What every preset has in common. A preset makes an entry of `schemes`: it checks the owner's options and
 * says what they come to; one that is not imported is not in the bundle.
 */

import * as v from 'valibot'
import type { Binding } from '../../lib/fetch.ts'
import { isSecureUrl } from '../../lib/url.ts'
import { claimLocations, fetcher, nameList, text } from '../../options/schemas.ts'
import { type TokenSource, tokenSources } from '../bearer/credential.ts'
import { ALGORITHMS } from '../bearer/jwk.ts'
import { MAX_TOKEN_LENGTH } from '../bearer/token.ts'
import type { ClaimLocations } from '../claim-location.ts'

/** Options that every preset takes. */
export interface CommonOptions {
  /** Signature algorithms that are accepted. Default: RS, PS and ES 256 to 512, and EdDSA. */
  algorithms?: readonly string[] | undefined
  /** How far this clock and the issuer's may be apart, in seconds. Default 30, at most 300. */
  clockSkewSeconds?: number | undefined
  /** The longest token, in characters. Default 8,192, at most 16,384; the platform has limits for headers too. */
  maxTokenLength?: number | undefined
  /** Where scopes stand: a string with spaces, or an array. A list of paths adds up. Default: `scope` and `scp`. */
  scopeClaim?: ClaimLocations | undefined
  /**
   * Where roles stand: an array, one string, or an object whose members are the roles. A list of paths adds up,
   * as `[['realm_access', 'roles'], ['groups']]`. Default: `roles`.
   */
  rolesClaim?: ClaimLocations | undefined
  /**
   * Places for this issuer's tokens beside `Authorization`, for example `[{ header: 'x-api-token' }]` or
   * `[{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]`. No origin gets to see them, on any
   * route. A person whose browser sends a cookie, or for whom an access proxy sets a header, has to come from a
   * page of the gateway's own origin to change something. Default: none.
   */
  tokenFrom?: readonly TokenSource[] | undefined
  /**
   * A binding through which the issuer is reached: a Worker cannot fetch its own hostname. All of the
   * issuer's URLs must then be on one origin.
   */
  via?: Binding | undefined
}

export const secureUrl = v.pipe(
  text,
  v.check((url) => isSecureUrl(url), 'must be an https URL; plain http is for localhost alone'),
)

export const commonEntries = {
  algorithms: v.optional(
    v.pipe(
      nameList,
      v.everyItem(
        (name) => ALGORITHMS.includes(name),
        `may contain ${ALGORITHMS.join(', ')} alone`,
      ),
    ),
  ),
  clockSkewSeconds: v.optional(
    v.pipe(
      v.number('must be a number'),
      v.minValue(0, 'must be 0 or more'),
      v.maxValue(300, 'must be 300 or less'),
    ),
  ),
  maxTokenLength: v.optional(
    v.pipe(
      v.number('must be a number'),
      v.integer('must be a whole number of characters'),
      v.minValue(1, 'must be 1 or more'),
      v.maxValue(MAX_TOKEN_LENGTH, `must be ${MAX_TOKEN_LENGTH} or less`),
    ),
  ),
  scopeClaim: v.optional(claimLocations),
  rolesClaim: v.optional(claimLocations),
  tokenFrom: v.optional(tokenSources),
  via: v.optional(fetcher),
}
