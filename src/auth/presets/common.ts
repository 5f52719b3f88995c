/**
 * What every preset has in common. A preset makes an entry of `schemes`: it checks the owner's options and
 * says what they come to; one that is not imported is not in the bundle.
 */

import * as v from 'valibot'
import type { Binding } from '../../lib/fetch.ts'
import { isSecureUrl } from '../../lib/url.ts'
import { claimLocation, fetcher, nameList, text } from '../../options/schemas.ts'
import { type TokenSource, tokenSources } from '../bearer/credential.ts'
import { ALGORITHMS } from '../bearer/jwk.ts'
import type { ClaimLocation } from '../claim-location.ts'

/** Options that every preset takes. */
export interface CommonOptions {
  /** Signature algorithms that are accepted. Default: RS, PS and ES 256 to 512, and EdDSA. */
  algorithms?: readonly string[] | undefined
  /** How far this clock and the issuer's may be apart, in seconds. Default 30, at most 300. */
  clockSkewSeconds?: number | undefined
  /** Where scopes stand: a string with spaces, or an array. Default: `scope` and `scp`. */
  scopeClaim?: ClaimLocation | undefined
  /** Where roles stand: an array, or one string. Default: `roles`. */
  rolesClaim?: ClaimLocation | undefined
  /**
   * Places for this issuer's tokens beside `Authorization`, for example
   * `[{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]`. No origin gets to see them, on
   * any route. Whoever sends one that way has to come from a page of the gateway's own origin, or to read
   * only. Default: none.
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
  scopeClaim: v.optional(claimLocation),
  rolesClaim: v.optional(claimLocation),
  tokenFrom: v.optional(tokenSources),
  via: v.optional(fetcher),
}
