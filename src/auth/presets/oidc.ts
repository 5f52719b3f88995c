/** Any provider with OpenID Connect discovery, or an OAuth server that publishes its keys. */

import * as v from 'valibot'
import type { Binding } from '../../lib/fetch.ts'
import { isSecureUrl } from '../../lib/url.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { flag, listOf, type Reporter, reportIssues, textLike, told } from '../../options/schemas.ts'
import type { ClientAuthentication, IntrospectionOptions } from '../bearer/introspection.ts'
import { bearerScheme } from '../bearer/scheme.ts'
import { warnOfSources } from '../bearer/token-source.ts'
import type { SchemeFeature } from '../feature.ts'
import { type CommonOptions, commonEntries, optionsOf, secureUrl } from './common.ts'
import { slipIn } from './slips.ts'
import { explainAnyIssuer, explainIssuer, explainSecureUrl } from './urls.ts'

export interface OidcOptions extends CommonOptions {
  /** Exactly what `iss` must be, character by character. Its discovery document names the keys. */
  issuer: string
  /** What `aud` must contain; with several, any one of them. */
  audience: string | readonly string[]
  /** Where the key set is, for issuers without discovery. Default: what discovery says. */
  jwksUri?: string
  /** Ask the issuer about tokens that cannot be judged here (RFC 7662). Default: never. */
  introspect?: IntrospectOptions
}

/** With this, a JWT is introspected while its keys are unavailable; other tokens where it says so. */
export interface IntrospectOptions {
  /** The client that asks; needed unless there is a `bearerKey`. Default: none. */
  clientId?: string
  /** The client's secret. Default: none, and the client is only named. */
  clientSecret?: string
  /** How the secret is sent. Default `client_secret_basic`. */
  clientAuthentication?: Exclude<ClientAuthentication, 'bearer'>
  /** A fixed key that is sent as `Authorization: Bearer` instead of a client's secret. Default: none. */
  bearerKey?: string
  /** Where the issuer is asked. Default: what discovery says. */
  endpoint?: string
  /** Tokens that are no JWTs. One issuer of a route may take them. Default false. */
  opaque?: boolean
  /** JWTs signed with HS256, HS384 or HS512. Default false. */
  sharedSecret?: boolean
  /**
   * Claims that an answer may lack; an empty `aud` is none. A token without `exp` is good for as long as the answer
   * is believed, 60 s, and a connection that it opened ends then. Default: none.
   */
  mayOmit?: readonly ('iss' | 'aud' | 'sub' | 'exp')[]
}

/** Any OpenID Connect provider, or OAuth server with JWT access tokens and discovery. */
export function oidc(options: OidcOptions): SchemeFeature {
  const given = optionsOf(options)
  return {
    oauth: {
      issuer: given.issuer ?? '',
      audiences: given.audience === undefined ? [] : [given.audience].flat(),
      takesOpaqueTokens: given.introspect?.opaque === true,
      via: given.via,
    },

    check(path, to) {
      const { success, issues } = v.safeParse(oidcSchema, options)
      if (!success) {
        reportIssues(issues, path, to)
        return
      }
      const { issuer, jwksUri, introspect } = options
      const explain = jwksUri === undefined ? explainIssuer : explainAnyIssuer
      const wrong = explain(issuer) ?? slipIn(issuer)
      if (wrong !== undefined) to.report(`${path}.issuer`, wrong)
      if (introspect) checkAsker(introspect, `${path}.introspect`, to)
      checkOrigins(options.via, [issuer, jwksUri, introspect?.endpoint], path, to)
    },

    warn: (path, to) => warnOfSources(options.tokenFrom, path, to),

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

const audience = textLike("'orders-api'")
const CLIENT_AUTHENTICATION = ['client_secret_basic', 'client_secret_post']

const introspectSchema = optionsSchema<IntrospectOptions>(
  {
    clientId: v.exactOptional(textLike('env.CLIENT_ID')),
    clientSecret: v.exactOptional(textLike('env.CLIENT_SECRET')),
    bearerKey: v.exactOptional(textLike('env.INTROSPECTION_KEY')),
    clientAuthentication: v.exactOptional(
      told((value) =>
        CLIENT_AUTHENTICATION.includes(value as string)
          ? undefined
          : "must be 'client_secret_basic' or 'client_secret_post'",
      ),
    ),
    endpoint: v.exactOptional(secureUrl),
    opaque: v.exactOptional(flag),
    sharedSecret: v.exactOptional(flag),
    mayOmit: v.exactOptional(
      v.array(
        told((value) =>
          ['iss', 'aud', 'sub', 'exp'].includes(value as string)
            ? undefined
            : "must be 'iss', 'aud', 'sub' or 'exp'",
        ),
        "must be a list in [ ], for example ['aud']",
      ),
    ),
  },
  {
    example: '{ clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET }',
    examples: { clientId: 'env.CLIENT_ID', bearerKey: 'env.INTROSPECTION_KEY' },
    otherNames: { secret: 'clientSecret', url: 'endpoint', introspectionEndpoint: 'endpoint' },
  },
)

const oidcSchema = optionsSchema<OidcOptions>(
  {
    ...commonEntries,
    issuer: v.lazy((value) =>
      Array.isArray(value)
        ? told(() => 'must be one issuer. Make an entry of schemes for each')
        : textLike("'https://auth.acme.example'"),
    ),
    audience: v.lazy(
      (value): v.GenericSchema<unknown> =>
        Array.isArray(value)
          ? listOf(audience, { example: "['orders-api']", isOptional: false })
          : audience,
    ),
    jwksUri: v.exactOptional(
      textLike("'https://auth.acme.example/jwks'", (url) =>
        url.endsWith('/.well-known/openid-configuration')
          ? 'is the address of the discovery document, which is found by itself. Take jwksUri out'
          : explainSecureUrl(url),
      ),
    ),
    introspect: v.exactOptional(introspectSchema),
  },
  {
    example: 'oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
    examples: { issuer: "'https://auth.acme.example'", audience: "'orders-api'" },
    otherNames: {
      clientId: 'audience',
      client_id: 'audience',
      aud: 'audience',
      iss: 'issuer',
      url: 'issuer',
      jwks: 'jwksUri',
      jwks_uri: 'jwksUri',
      jwksUrl: 'jwksUri',
      leeway: 'clockSkewSeconds',
      clockTolerance: 'clockSkewSeconds',
      introspection: 'introspect',
      clientSecret:
        'Did you mean introspect: { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET }?',
      scopes: 'Scopes are asked for by a route: { path, to, scopes }',
      roles: 'Roles are asked for by a route: { path, to, roles }',
    },
  },
)

function checkAsker(options: IntrospectOptions, path: string, to: Reporter): void {
  const { clientId, clientSecret, bearerKey } = options
  if (clientId === undefined && bearerKey === undefined) {
    to.report(
      path,
      'must say who asks, or the issuer does not answer. Add clientId: env.CLIENT_ID (and clientSecret: env.CLIENT_SECRET), or, where the issuer wants a fixed key, bearerKey: env.INTROSPECTION_KEY',
    )
  }
  if (clientSecret !== undefined && bearerKey !== undefined) {
    to.report(
      path,
      'has clientSecret and bearerKey, and only one of them can be sent. Take bearerKey out, or, where the issuer wants a fixed key, clientSecret',
    )
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
    to.report(
      `${path}.via`,
      'leads to one origin, and issuer, jwksUri and introspect.endpoint are on several. Write them on one origin, or take via out',
    )
}
