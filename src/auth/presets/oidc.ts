/** Any provider with OpenID Connect discovery, or an OAuth server that publishes its keys. */

import * as v from 'valibot'
import type { Binding } from '../../lib/fetch.ts'
import { isSecureUrl } from '../../lib/url.ts'
import { nameList, type Reporter, reportIssues, text } from '../../options/schemas.ts'
import type { ClientAuthentication, IntrospectionOptions } from '../bearer/introspection.ts'
import { bearerScheme } from '../bearer/scheme.ts'
import type { SchemeFeature } from '../feature.ts'
import { type CommonOptions, commonEntries, secureUrl } from './common.ts'
import { slipIn } from './slips.ts'

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
  /** The client that asks; needed unless there is a `bearerKey`. */
  clientId?: string | undefined
  /** Default: none, and the client is only named. */
  clientSecret?: string | undefined
  /** How the secret is sent. Default `client_secret_basic`. */
  clientAuthentication?: Exclude<ClientAuthentication, 'bearer'> | undefined
  /** A fixed key that is sent as `Authorization: Bearer` instead of a client's secret. Default: none. */
  bearerKey?: string | undefined
  /** Default: what discovery says. */
  endpoint?: string | undefined
  /** Tokens that are no JWTs. One issuer of a route may take them. Default false. */
  opaque?: boolean | undefined
  /** JWTs signed with HS256, HS384 or HS512. Default false. */
  sharedSecret?: boolean | undefined
  /**
   * Claims that an answer may lack; an empty `aud` is none. A token without `exp` is good for as long as the answer
   * is believed, 60 s, and a connection that it opened ends then. Default: none.
   */
  mayOmit?: readonly ('iss' | 'aud' | 'sub' | 'exp')[] | undefined
}

/** Any OpenID Connect provider, or OAuth server with JWT access tokens and discovery. */
export function oidc(options: OidcOptions): SchemeFeature {
  return {
    oauth: {
      issuer: options.issuer,
      takesOpaqueTokens: options.introspect?.opaque === true,
    },

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
      const slip = slipIn(issuer)
      if (slip !== undefined) to.report(`${path}.issuer`, slip)
      if (introspect) checkAsker(introspect, `${path}.introspect`, to)
      checkOrigins(options.via, [issuer, jwksUri, introspect?.endpoint], path, to)
    },

    compile(name, house) {
      const { audience, introspect } = options
      const trusted = {
        ...options,
        audiences: typeof audience === 'string' ? [audience] : audience,
        introspection: introspect && toIntrospection(introspect),
      }
      return bearerScheme(name, trusted, house)
    },
  }
}

const flag = v.optional(v.boolean('must be true or false'))

const oidcSchema = v.strictObject({
  ...commonEntries,
  issuer: text,
  audience: v.union([text, nameList], 'must be a string or an array of strings that are not empty'),
  jwksUri: v.optional(secureUrl),
  introspect: v.optional(
    v.strictObject({
      clientId: v.optional(text),
      clientSecret: v.optional(text),
      bearerKey: v.optional(text),
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
        v.array(v.picklist(['iss', 'aud', 'sub', 'exp'], "may contain 'iss', 'aud', 'sub', 'exp'")),
      ),
    }),
  ),
})

function checkAsker(options: IntrospectOptions, path: string, to: Reporter): void {
  const { clientId, clientSecret, bearerKey } = options
  if (clientId === undefined && bearerKey === undefined) {
    to.report(path, 'needs a clientId or a bearerKey: the issuer wants to know who asks')
  }
  if (clientSecret !== undefined && bearerKey !== undefined) {
    to.report(path, 'has a clientSecret and a bearerKey: one of them says who asks')
  }
}

function toIntrospection(options: IntrospectOptions): IntrospectionOptions {
  const { clientId, clientSecret, bearerKey, clientAuthentication } = options
  return {
    clientId,
    clientSecret: bearerKey ?? clientSecret,
    clientAuthentication:
      bearerKey === undefined ? (clientAuthentication ?? 'client_secret_basic') : 'bearer',
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
