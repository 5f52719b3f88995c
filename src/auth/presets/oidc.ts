/**
 * Whom the owner trusts. An entry of `issuers` is made by a preset, which checks the owner's options and
 * says what they come to; a preset that is not imported is not in the bundle.
 */

import * as v from 'valibot'
import type { Binding } from '../../lib/fetch.ts'
import type { JsonObject } from '../../lib/strict-json.ts'
import { isSecureUrl } from '../../lib/url.ts'
import {
  claimLocation,
  fetcher,
  nameList,
  type Reporter,
  reportIssues,
  text,
} from '../../options/schemas.ts'
import type { ClientAuthentication, IntrospectionOptions } from '../bearer/introspection.ts'
import { ALGORITHMS } from '../bearer/jwk.ts'
import type { ClaimLocation } from '../claim-location.ts'
import { type TokenSource, tokenSources } from '../credential.ts'

/** An entry of `issuers`, made by a preset such as {@link oidc}. */
export interface IssuerConfig {
  /** What `iss` has to be. */
  readonly issuer: string
  /** Reports every problem with the options. */
  check(path: string, to: Reporter): void
  /** What the options come to. Only called where {@link check} found nothing. */
  trust(): TrustedIssuer
}

export interface TrustedIssuer {
  readonly audiences: readonly string[]
  readonly jwksUri?: string | undefined
  readonly via?: Binding | undefined
  readonly algorithms?: readonly string[] | undefined
  readonly keyIds?: readonly string[] | undefined
  readonly clockSkewSeconds?: number | undefined
  readonly scopeClaim?: ClaimLocation | undefined
  readonly rolesClaim?: ClaimLocation | undefined
  /** Throws where claims that are otherwise good are not what this issuer's access tokens have. */
  readonly checkClaims?: ((claims: JsonObject) => void) | undefined
  readonly introspection?: IntrospectionOptions | undefined
  readonly tokenFrom?: readonly TokenSource[] | undefined
}

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

export interface OidcOptions extends CommonOptions {
  /** Exactly what `iss` must be, character by character. Its discovery document names the keys. */
  issuer: string
  /** What `aud` must contain; with several, any one of them. */
  audience: string | readonly string[]
  /** Where the key set is, for issuers without discovery. Default: what discovery says. */
  jwksUri?: string | undefined
  /** Ask the issuer about tokens that cannot be judged here (RFC 7662). Default: never. */
  introspect?: IntrospectOptions | undefined
}

/** With this, a JWT is introspected while its keys are unavailable; other tokens where it says so. */
export interface IntrospectOptions {
  /** The client that asks. */
  clientId: string
  /** Default: none, and the client is only named. */
  clientSecret?: string | undefined
  /** How the secret is sent. Default `client_secret_basic`. */
  clientAuthentication?: ClientAuthentication | undefined
  /** Default: what discovery says. */
  endpoint?: string | undefined
  /** Tokens that are no JWTs. One issuer of a route may take them. Default false. */
  opaque?: boolean | undefined
  /** JWTs signed with HS256, HS384 or HS512. Default false. */
  sharedSecret?: boolean | undefined
  /** Claims that an answer may lack: `iss`, `aud`, `sub`. Default: none. */
  mayOmit?: readonly ('iss' | 'aud' | 'sub')[] | undefined
}

/** Any OpenID Connect provider, or OAuth server with JWT access tokens and discovery. */
export function oidc(options: OidcOptions): IssuerConfig {
  return {
    issuer: options.issuer,

    check(path, to) {
      const { success, issues } = v.safeParse(oidcSchema, options)
      if (!success) {
        reportIssues(issues, path, to)
        return
      }
      const { issuer, jwksUri, introspect } = options
      if (jwksUri === undefined && !isSecureUrl(issuer)) {
        to.report(`${path}.issuer`, 'must be an https URL, or jwksUri must say where the keys are')
      }
      checkOrigins(options.via, [issuer, jwksUri, introspect?.endpoint], path, to)
    },

    trust() {
      const { audience, introspect } = options
      return {
        ...options,
        audiences: typeof audience === 'string' ? [audience] : audience,
        introspection: introspect && toIntrospection(introspect),
      }
    },
  }
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

const flag = v.optional(v.boolean('must be true or false'))

const oidcSchema = v.strictObject({
  ...commonEntries,
  issuer: text,
  audience: v.union([text, nameList], 'must be a string or an array of strings that are not empty'),
  jwksUri: v.optional(secureUrl),
  introspect: v.optional(
    v.strictObject({
      clientId: text,
      clientSecret: v.optional(text),
      clientAuthentication: v.optional(
        v.picklist(
          ['client_secret_basic', 'client_secret_post'],
          "must be 'client_secret_basic' or 'client_secret_post'",
        ),
      ),
      endpoint: v.optional(secureUrl),
      opaque: flag,
      sharedSecret: flag,
      mayOmit: v.optional(
        v.array(v.picklist(['iss', 'aud', 'sub'], "may contain 'iss', 'aud', 'sub'")),
      ),
    }),
  ),
})

function toIntrospection(options: IntrospectOptions): IntrospectionOptions {
  return {
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    clientAuthentication: options.clientAuthentication ?? 'client_secret_basic',
    endpoint: options.endpoint,
    opaque: options.opaque ?? false,
    sharedSecret: options.sharedSecret ?? false,
    mayOmit: options.mayOmit ?? [],
  }
}

/** A binding leads to one origin, so all URLs that go through it have to be there. */
function checkOrigins(
  via: Binding | undefined,
  urls: readonly (string | undefined)[],
  path: string,
  to: Reporter,
): void {
  const origins = new Set(urls.filter((url) => isSecureUrl(url)).map((url) => new URL(url).origin))
  if (via && origins.size > 1)
    to.report(`${path}.via`, 'needs all URLs of the issuer on one origin')
}
