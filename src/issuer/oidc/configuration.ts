/** What oidc-provider is switched on to do, and the few decisions that it leaves to us. */

import type { Client, Context, Token } from 'oidc-provider/lib/provider.js'
import type { ResolvedConfig } from '../config.ts'
import { createDevicePages } from '../pages/device.ts'
import type { Pages } from '../pages/pages.ts'
import { randomSecret } from '../storage/secret-hash.ts'
import type { KeySet } from '../storage/signing-keys.ts'
import { CLAIMS_BY_SCOPE, findAccount, type RoleAccount } from './accounts.ts'
import { loadExistingGrant } from './grants.ts'
import type { Outside } from './outside.ts'
import { readRegistration, refuseSelfPromotion } from './registration.ts'
import { resourceIndicators } from './resources.ts'
import { scopesOf } from './scopes.ts'

const ID_TOKEN_SECONDS = 3600
const INTERACTION_SECONDS = 3600
const CODE_SECONDS = 60
const DEVICE_CODE_SECONDS = 600
/** How long a consent lasts, and with it a chain of refresh tokens: a year. */
const GRANT_SECONDS = 31_536_000
const MAX_FETCHED_BYTES = 65_536
const RETAIN_MARGIN_SECONDS = 3600

/** How long a key that signs no more stays published: the longest token, and a margin for slow clocks. */
export function retainKeySeconds(config: ResolvedConfig): number {
  const lifetimes = config.apis.map((api) => api.accessTokenSeconds)
  return Math.max(ID_TOKEN_SECONDS, ...lifetimes) + RETAIN_MARGIN_SECONDS
}

/** Builds the configuration for one set of keys. */
export function buildConfiguration(
  config: ResolvedConfig,
  keySet: KeySet,
  pages: Pages,
  outside: Outside,
): Record<string, unknown> {
  const secure = config.issuer.startsWith('https:')
  const prefix = secure ? '__Secure-' : ''
  const cookie = { signed: true, httpOnly: true, sameSite: 'lax', secure }
  return {
    findAccount,
    jwks: { keys: keySet.keys },
    cookies: {
      keys: keySet.cookieKeys,
      names: {
        session: `${prefix}issuer_session`,
        interaction: `${prefix}issuer_interaction`,
        resume: `${prefix}issuer_resume`,
      },
      // Behind the gateway the services share this hostname, and none of them may see a session. So it
      // has a path of its own, which rules the prefix __Host- out.
      long: { ...cookie, path: '/oauth2' },
      short: cookie,
    },
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      introspection: '/oauth2/introspect',
      revocation: '/oauth2/revoke',
      end_session: '/oauth2/logout',
      userinfo: '/oauth2/userinfo',
      registration: '/oauth2/register',
      pushed_authorization_request: '/oauth2/par',
      device_authorization: '/oauth2/device_authorization',
      code_verification: '/oauth2/device',
      jwks: '/.well-known/jwks.json',
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: scopesOf(config),
    claims: CLAIMS_BY_SCOPE,
    // Where there is no userinfo endpoint to ask, the ID token is the place for claims.
    conformIdTokenClaims: config.defaultAudience === undefined,
    clientAuthMethods: [
      ...['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      ...(config.publicClients ? ['none'] : []),
    ],
    discovery: {
      ...(config.clientDocuments !== false && { client_id_metadata_document_supported: true }),
    },
    // Secrets are stored hashed, so nothing here can be keyed with one.
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    extraClientMetadata: {
      properties: ['roles', 'first_party', 'self_registered'],
      validator: refuseSelfPromotion,
    },
    extraTokenClaims,
    loadExistingGrant,
    features: features(config, pages, outside),
    interactions: { url: (_ctx: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
    renderError: pages.error,
    clientBasedCORS,
    issueRefreshToken: async (_ctx: Context, client: Client) =>
      client.grantTypeAllowed('refresh_token'),
    // The end of a browser's session is no reason to end what an application was given; signing out is.
    expiresWithSession: async () => false,
    rotateRefreshToken: () => true,
    // Key sets and logout URLs are the clients' own.
    fetch: outside.fetch,
    fetchResponseBodyLimits: {
      jwks_uri: MAX_FETCHED_BYTES,
      sector_identifier_uri: MAX_FETCHED_BYTES,
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      AuthorizationCode: CODE_SECONDS,
      DeviceCode: DEVICE_CODE_SECONDS,
      IdToken: ID_TOKEN_SECONDS,
      RefreshToken: config.refreshTokenSeconds,
      Grant: GRANT_SECONDS,
      Session: config.sessionSeconds,
      Interaction: INTERACTION_SECONDS,
    },
  }
}

function features(config: ResolvedConfig, pages: Pages, outside: Outside): Record<string, unknown> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: mayIntrospect },
    revocation: {
      enabled: true,
      allowedPolicy: async (_ctx: Context, client: Client, token: { clientId: string }) =>
        token.clientId === client.clientId,
    },
    deviceFlow: {
      enabled: config.deviceFlow,
      // Nothing about the device is kept: a person knows it by its code alone.
      deviceInfo: () => ({}),
      ...createDevicePages(config.title),
    },
    userinfo: { enabled: config.defaultAudience === undefined },
    backchannelLogout: { enabled: true },
    dPoP: { enabled: config.dpop },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: pages.confirmLogout,
      postLogoutSuccessSource: pages.loggedOut,
    },
    registration: {
      enabled: config.openRegistration,
      // The one place between reading a registration and checking it.
      idFactory: (ctx: Context) => {
        readRegistration(ctx.oidc?.body ?? {}, outside)
        return randomSecret()
      },
      // Nobody may read a registration back: what is stored there is the hash of the secret.
      issueRegistrationAccessToken: false,
      secretFactory: async () => randomSecret(),
    },
    resourceIndicators: resourceIndicators(config),
  }
}

function accessTokenSeconds(_ctx: Context, token: Token): number {
  return token.resourceServer?.accessTokenTTL ?? 600
}

/** Roles of the person, or of the client where it acts for itself. */
async function extraTokenClaims(
  ctx: Context,
  token: Token,
): Promise<Record<string, unknown> | undefined> {
  const roles =
    token.kind === 'ClientCredentials'
      ? ctx.oidc?.client?.roles
      : (ctx.oidc?.account as RoleAccount | undefined)?.roles
  return roles?.length ? { roles } : undefined
}

/** A confidential client of the owner's may ask about any access token: it is an API's gateway. */
async function mayIntrospect(
  _ctx: Context,
  client: Client,
  token: { clientId: string; kind: string },
): Promise<boolean> {
  if (token.clientId === client.clientId) return true
  if (client.clientAuthMethod === 'none' || client.self_registered) return false
  return token.kind !== 'RefreshToken'
}

/** A page may call the endpoints of this server for a client that redirects back to that page. */
function clientBasedCORS(_ctx: Context, origin: string, client: Client): boolean {
  if (client.clientAuthMethod !== 'none') return false
  return client.redirectUris.some((uri) => URL.parse(uri)?.origin === origin)
}
