/** Which issuers the owner trusts: options, presets and their check. */

import * as v from 'valibot'
import { claimLocation, fetcher, nameList, type Reporter, text } from '../config/problems.ts'
import type { ClaimLocation } from './claim-location.ts'
import { isSecureUrl } from './discovery.ts'
import { ALGORITHMS } from './jwk.ts'

export interface OidcOptions {
  /** Exactly what `iss` must be, character by character. Its discovery document names the keys. */
  issuer: string
  /** What `aud` must contain; with several, any one of them. */
  audience: string | readonly string[]
  /** Where the key set is, for issuers without discovery. Default: what discovery says. */
  jwksUri?: string
  /** Signature algorithms that are accepted. Default: RS, PS and ES 256 to 512, and EdDSA. */
  algorithms?: readonly string[]
  /** How far this clock and the issuer's may be apart, in seconds. Default 30, at most 300. */
  clockSkewSeconds?: number
  /** Where scopes stand: a string with spaces, or an array. Default: `scope` and `scp`. */
  scopeClaim?: ClaimLocation
  /** Where roles stand: an array, or one string. Default: `roles`. */
  rolesClaim?: ClaimLocation
  /**
   * A binding through which the issuer is reached: a Worker cannot fetch its own hostname. All of the
   * issuer's URLs must then be on the issuer's origin.
   */
  via?: { fetch(request: Request): Promise<Response> }
}

/** An entry of `issuers`, made by a preset. */
export interface IssuerConfig extends OidcOptions {
  readonly preset: 'oidc'
}

/** Any OpenID Connect provider, or OAuth server with JWT access tokens and discovery. */
export function oidc(options: OidcOptions): IssuerConfig {
  return { ...options, preset: 'oidc' }
}

const secureUrl = v.pipe(
  text,
  v.check((url) => isSecureUrl(url), 'must be an https URL; plain http is for localhost alone'),
)

export const issuerSchema = v.strictObject({
  preset: v.literal('oidc', 'must be made by a preset, for example oidc({ … })'),
  issuer: text,
  audience: v.union([text, nameList], 'must be a string or an array of strings that are not empty'),
  jwksUri: v.optional(secureUrl),
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
  via: v.optional(fetcher),
})

/** What one option cannot say alone. */
export function checkIssuer(config: IssuerConfig, path: string, to: Reporter): void {
  if (config.jwksUri === undefined && !isSecureUrl(config.issuer)) {
    to.report(`${path}.issuer`, 'must be an https URL, or jwksUri must say where the keys are')
  }
  if (config.via && config.jwksUri !== undefined && isSecureUrl(config.issuer)) {
    const isSame = new URL(config.jwksUri).origin === new URL(config.issuer).origin
    if (!isSame)
      to.report(`${path}.jwksUri`, 'must be on the origin of the issuer, because via is set')
  }
}
