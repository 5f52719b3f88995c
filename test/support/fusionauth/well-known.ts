// The public documents: OpenID discovery, per tenant in two spellings, and the one key set of the
// whole installation. Neither names an introspection or a revocation endpoint. [documented]

import type { OpenIdConfiguration } from '@fusionauth/typescript-client'
import { json } from './answer.ts'
import { defaultTenant, findTenant, type Instance } from './instance.ts'
import { isConfigured } from './verify.ts'
import { since } from './versions.ts'

const ID_TOKEN_ALGORITHMS = ['ES', 'HS', 'RS'].flatMap((family) =>
  ['256', '384', '512'].map((size) => family + size),
)

// Sent with discovery and key set alike, so no HTTP cache keeps them. [observed]
const NO_CACHE = { 'cache-control': 'no-cache' }

/** `/.well-known/openid-configuration`, with `?tenantId=` or behind `/{tenantId}`. [documented] */
export function discovery(at: Instance, url: URL, tenantInPath: string | undefined): Response {
  const asked = tenantInPath ?? url.searchParams.get('tenantId') ?? undefined
  // "Should always return a 200": an unknown tenant gets the default one's. [inferred]
  const tenant = findTenant(at, asked) ?? defaultTenant(at)
  const base = url.origin
  const document: OpenIdConfiguration = {
    authorization_endpoint: `${base}/oauth2/authorize`,
    ...(since(at.version, '1.70') && { authorization_response_iss_parameter_supported: true }),
    backchannel_logout_supported: false,
    claims_supported: CLAIMS,
    code_challenge_methods_supported: ['S256'],
    device_authorization_endpoint: `${base}/oauth2/device_authorize`,
    ...(since(at.version, '1.67') && {
      dpop_signing_alg_values_supported: ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512'],
    }),
    end_session_endpoint: `${base}/oauth2/logout`,
    frontchannel_logout_supported: true,
    grant_types_supported: [
      'authorization_code',
      'password',
      'implicit',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'client_credentials',
    ],
    id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
    // The only field that differs per tenant [observed]; need not be this server's URL. [documented]
    issuer: tenant.issuer,
    jwks_uri: `${base}/.well-known/jwks.json`, // never behind a tenant [documented]
    response_modes_supported: ['form_post', 'fragment', 'query'],
    response_types_supported: ['code', 'id_token', 'token id_token'],
    scopes_supported: ['openid', 'offline_access', 'email', 'phone', 'profile'],
    subject_types_supported: ['public'],
    token_endpoint: `${base}/oauth2/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    userinfo_endpoint: `${base}/oauth2/userinfo`,
    userinfo_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
  }
  return json(200, document, NO_CACHE)
}

/** All asymmetric keys of all tenants, webhook and third-party keys included. [documented, observed] */
export function jwks(at: Instance): Response {
  const configuredOnly = since(at.version, '1.70') && at.assumes.publishedKeys === 'configured'
  const keys = [...at.keys.all]
    .filter((key) => !configuredOnly || isConfigured(at, key))
    .flatMap((key) => (key.jwk === undefined ? [] : [key.jwk]))
  return json(200, { keys }, NO_CACHE)
}

// As in the documented sample.
const CLAIMS = [
  'applicationId',
  'at_hash',
  'aud',
  'authenticationType',
  'birthdate',
  'c_hash',
  'email',
  'email_verified',
  'exp',
  'family_name',
  'given_name',
  'iat',
  'iss',
  'jti',
  'middle_name',
  'name',
  'nbf',
  'nonce',
  'phone_number',
  'phone_number_verified',
  'picture',
  'preferred_username',
  'roles',
  'sub',
]
