/** One issuer in place of all that an owner's file trusts: it signs tokens, and answers what a gateway asks issuers. */

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { OAuthIssuer } from '../auth/feature.ts'
import type { GatewayConfig } from '../config/define.ts'
import type { Fetch } from '../lib/fetch.ts'
import { createTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts'

export interface Issuer {
  /** From now on it is each of these entries' issuer. */
  serve(schemes: GatewayConfig['schemes']): void
  readonly fetch: Fetch
  /** The environment with bindings that lead here wherever an issuer is asked through them. */
  behind<Environment extends object>(env: Environment): Environment
  /** Claims are those of a token of this entry, and what is set over them; `undefined` leaves one out. */
  mint(oauth: OAuthIssuer, claims: object, type?: string): Promise<string>
  /** For people who sign in. */
  readonly tokens: TokenEndpoint
}

const ALG = 'RS256'
const TOKEN_SECONDS = 300
const METADATA = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)/
const KEYS = /(?:jwks|certs|keys|public_key)/

/** For all gateways of a test file: to make one takes a tenth of a second. */
let made: Promise<{ privateKey: CryptoKey; jwk: JWK }> | undefined

const key = () => (made ??= makeKey())

async function makeKey() {
  const { privateKey, publicKey } = await generateKeyPair(ALG, { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'test', alg: ALG, use: 'sig' } }
}

/** `now` in Unix seconds. */
export function createIssuer(now: () => number): Issuer {
  let served: readonly OAuthIssuer[] = []
  async function mint(oauth: OAuthIssuer, claims: object, type = 'at+jwt'): Promise<string> {
    const { privateKey, jwk } = await key()
    const body = { ...ownClaims(oauth, now()), ...claims }
    return new SignJWT(body)
      .setProtectedHeader({ alg: ALG, kid: jwk.kid ?? '', typ: type })
      .sign(privateKey)
  }

  const tokens = createTokenEndpoint(mint)

  async function fetch(request: Request): Promise<Response> {
    const { pathname, origin } = new URL(request.url)
    if (request.method === 'POST') {
      if (pathname.endsWith('/introspect')) return Response.json({ active: false })
      return tokens.answer(request)
    }
    if (!METADATA.test(pathname)) return Response.json({ keys: [(await key()).jwk] })
    const base = withoutSlash(request.url.replace(METADATA, ''))
    const oauth = served.find(({ issuer, url = issuer }) => withoutSlash(url) === base)
    return Response.json(metadataOf(oauth ? issOf(oauth) : base, origin))
  }

  function isAsked({ method, url }: Request): boolean {
    const { pathname, origin } = new URL(url)
    const isOurs = served.some(({ issuer, url: at = issuer }) => new URL(at).origin === origin)
    return isOurs && (METADATA.test(pathname) || (method === 'GET' && KEYS.test(pathname)))
  }

  function behindOne(value: unknown): unknown {
    const { fetch: own, get } = Object(value)
    // A KV namespace has both.
    if (typeof own !== 'function' || typeof get === 'function') return value
    const ask: Fetch = (request) => (isAsked(request) ? fetch(request) : own.call(value, request))
    const read = (of: object, name: string | symbol) =>
      name === 'fetch' ? ask : Reflect.get(of, name)
    return new Proxy(value as object, { get: read })
  }

  return {
    tokens,
    fetch,
    mint,
    serve(schemes) {
      served = Object.values(schemes).flatMap(({ oauth }) => oauth ?? [])
    },
    behind: (env) =>
      Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, behindOne(value)]),
      ) as typeof env,
  }
}

/** What `iss` is: where an entry takes several, the first. */
function issOf({ issuer, issuers: [first = issuer] = [] }: OAuthIssuer): string {
  return first
}

function ownClaims(oauth: OAuthIssuer, now: number) {
  const [aud] = oauth.audiences ?? []
  return {
    iss: issOf(oauth),
    ...(oauth.exampleClaims ?? (aud !== undefined && { aud })),
    sub: 'somebody',
    iat: now,
    exp: now + TOKEN_SECONDS,
  }
}

function metadataOf(issuer: string, origin: string) {
  return {
    issuer,
    jwks_uri: `${origin}/jwks`,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    introspection_endpoint: `${origin}/introspect`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: [ALG],
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '')
}
