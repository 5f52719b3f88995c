/**
 * FusionAuth as an issuer: what its documentation says that is not in any standard. Its `iss` is a free
 * text of the tenant, its key set is that of all tenants, and its id tokens look like access tokens.
 */

import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { flag, listOf, reportIssues, textLike } from '../../options/schemas.ts'
import { bearerScheme, type TrustedIssuer } from '../bearer/scheme.ts'
import { warnOfSources } from '../bearer/token-source.ts'
import { readNames } from '../claim-location.ts'
import type { SchemeFeature } from '../feature.ts'
import { type CommonOptions, commonEntries, optionsOf } from './common.ts'
import { explainAnyIssuer, explainSecureUrl } from './urls.ts'

export interface FusionAuthOptions extends CommonOptions {
  /** Where FusionAuth is, for example `https://auth.example.com`. */
  url: string
  /** The issuer of the tenant (Tenants, General, Issuer), which may be any text. Default: `url`. */
  issuer?: string
  /** The id of the application, or of the entity, that tokens are for. */
  clientId: string
  /** The application's secret, where its introspection is to be authenticated. Default: none. */
  clientSecret?: string
  /** Ids of the tenants whose users may come. Wanted where tenants share an issuer or an application. Default: all. */
  tenants?: readonly string[]
  /** Ids of the keys that may sign. Default: every key of the instance, imported ones too. */
  kids?: readonly string[]
  /** A user has to be registered for the application, or is 403. Entities never are. Default true. */
  registered?: boolean
}

const ID = "'1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77'"
const id = textLike(ID)
/** FusionAuth reads Basic without decoding it, so that a secret with marks would be wrong. */
const CLIENT_AUTHENTICATION = 'client_secret_post'
const ENDPOINTS = { keys: '/.well-known/jwks.json', introspection: '/oauth2/introspect' }

const schema = optionsSchema<FusionAuthOptions>(
  {
    ...commonEntries,
    url: textLike("'https://auth.acme.example'", (url) =>
      /\/(?:\.well-known|oauth2|api)\b/.test(url)
        ? "must be the address of FusionAuth itself, without a path below it, for example 'https://auth.acme.example'"
        : explainSecureUrl(url),
    ),
    issuer: v.exactOptional(textLike("'acme.example'", explainAnyIssuer)),
    clientId: textLike('env.CLIENT_ID'),
    clientSecret: v.exactOptional(textLike('env.CLIENT_SECRET')),
    tenants: v.exactOptional(listOf(id, { example: `[${ID}]`, isOptional: true })),
    kids: v.exactOptional(listOf(id, { example: `[${ID}]`, isOptional: true })),
    registered: v.exactOptional(flag),
  },
  {
    example: "fusionAuth({ url: 'https://auth.acme.example', clientId: env.CLIENT_ID })",
    examples: { url: "'https://auth.acme.example'", clientId: 'env.CLIENT_ID' },
    otherNames: {
      audience: 'clientId',
      applicationId: 'clientId',
      client_id: 'clientId',
      tenant: 'tenants',
      tenantId: 'tenants',
      keyIds: 'kids',
      host: 'url',
      baseUrl: 'url',
    },
  },
)

/**
 * Tokens signed with HS256, FusionAuth's first choice, are introspected; so are others while its keys
 * are unavailable. FusionAuth's answer says nothing of logout or revocation: it is no check of these.
 */
export function fusionAuth(options: FusionAuthOptions): SchemeFeature {
  const { url = '', issuer = url, clientId, via } = optionsOf(options)
  return {
    oauth: {
      issuer,
      audiences: [clientId ?? ''],
      exampleClaims: { aud: clientId ?? '', applicationId: clientId ?? '' },
      takesOpaqueTokens: false,
      via,
      url,
      clientAuthentication: CLIENT_AUTHENTICATION,
      refreshTokenAt: (claims) => refreshTokenAt(url, claims),
    },

    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },

    warn: (path, to) => warnOfSources(options.tokenFrom, path, to),

    compile(name, house) {
      const { clientId, clientSecret, kids, tenants } = options
      const base = options.url.replace(/\/$/, '')
      const trusted: TrustedIssuer = {
        ...options,
        issuer,
        audiences: [clientId],
        jwksUri: base + ENDPOINTS.keys,
        keyIds: kids,
        checkClaims: (claims) => checkFusionAuthClaims(claims, options),
        introspection: {
          clientId,
          clientSecret,
          clientAuthentication: CLIENT_AUTHENTICATION,
          // For an application of several tenants; FusionAuth's own client has the field.
          parameters: tenants?.length === 1 ? { tenantId: tenants[0] as string } : undefined,
          endpoint: base + ENDPOINTS.introspection,
          opaque: false,
          sharedSecret: true,
          mayOmit: [],
        },
      }
      return bearerScheme(name, trusted, house)
    },
  }
}

/**
 * Since 1.37 `sid` of an access token is the id of the refresh token that came with it, and a person may revoke their
 * own: https://fusionauth.io/docs/apis/jwt/revoke-refresh-tokens. As documented, and not seen at a running FusionAuth.
 */
function refreshTokenAt(url: string, { sid }: JsonObject): string | undefined {
  if (typeof sid !== 'string' || sid === '') return undefined
  return `${url.replace(/\/$/, '')}/api/jwt/refresh/${encodeURIComponent(sid)}`
}

function checkFusionAuthClaims(claims: JsonObject, options: FusionAuthOptions): void {
  const { clientId, tenants, registered = true } = options
  if (!isAccessToken(claims)) throw refused('the token is an id token')
  if (tenants && !tenants.includes(claims.tid as string))
    throw refused('tid is not one of the tenants')
  if (registered && !isEntityToken(claims) && claims.applicationId !== clientId) {
    throw new GatewayError('forbidden', {
      reason: 'the user is not registered for the application',
    })
  }
}

/** Since 1.60 `tty` says what a token is; before, an id token was known by what only it has. */
function isAccessToken({ tty, at_hash, c_hash, nonce }: JsonObject): boolean {
  if (tty !== undefined) return tty === 'at'
  return at_hash === undefined && c_hash === undefined && nonce === undefined
}

/** Client credentials: a token of an entity, which has permissions instead of a registration. */
function isEntityToken(claims: JsonObject): boolean {
  return isObject(claims.permissions) || readNames(claims, 'gty').includes('client_credentials')
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
