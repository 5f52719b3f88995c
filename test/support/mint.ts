// An issuer inside the test: it mints tokens and answers discovery, key set and introspection
// through `fetch`, so that a test hands it to the gateway in place of the network. WebCrypto and
// jose only: it runs in workerd and in Node. It never calls out, and refuses every URL not its own.

import { answerInMode, type IssuerMode } from './issuer-faults.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { noteSecret } from './log-secrets.ts'
import {
  encodePart,
  joinParts,
  signParts,
  signPartsWithSecret,
  type TestAlg,
  type TestKey,
  type TokenParts,
} from './signing-keys.ts'

/** Endpoints that a test issuer answers, counts and breaks one by one. */
export type IssuerEndpoint = 'discovery' | 'jwks' | 'introspection'

export interface TestIssuerOptions {
  /** Default `https://idp.test`; a path is fine. */
  issuer?: string
  /** Default `aud` of minted tokens. Default `gatehouse`. */
  audience?: string | string[]
  /** Unix seconds. Default: the machine's clock. */
  now?: () => number
  /** One key is published for each; the first signs unless `mint` says otherwise. Default `RS256`. */
  algs?: [TestAlg, ...TestAlg[]]
}

export interface MintOptions {
  /** Signs with the published key of this algorithm. Default: the first of `algs`. */
  alg?: TestAlg
  /** Signs with this key: an own, older one by its kid, or any. `foreign` is a key never published. */
  key?: string | TestKey | 'foreign'
  /** Members set over `{ alg, kid, typ: 'at+jwt' }`; `undefined` deletes one. Signing ignores them. */
  header?: Record<string, unknown>
  /** `exp` less `iat`. Default 300. */
  lifetimeSeconds?: number
  /** Signs with HMAC and says `HS256`. */
  secret?: string | Uint8Array
  /** Says `alg: none` and leaves the signature empty. */
  unsigned?: boolean
  /** Replaces the header's JSON text (for double members or broken JSON). */
  headerText?: string
  /** Replaces the payload's JSON text. */
  payloadText?: string
}

export interface TestIssuer extends Pick<KeyRing, 'jwks' | 'rotate' | 'withdraw'> {
  readonly issuer: string
  readonly jwksUri: string
  readonly introspectionUri: string
  /** Calls per endpoint. `unexpected` counts URLs that are not the issuer's; each was also refused. */
  readonly counters: Record<IssuerEndpoint | 'unexpected', number>
  /** One mode for all endpoints, or one each (`ok` where absent). */
  mode: IssuerMode | Partial<Record<IssuerEndpoint, IssuerMode>>
  /** Members set over those of the discovery document (another `issuer`, …); `undefined` deletes one. */
  metadata: Record<string, unknown>
  /** Answer introspection yourself instead of from the minted and revoked tokens. */
  onIntrospection:
    | ((form: URLSearchParams, request: Request) => Response | Promise<Response>)
    | undefined
  /** Whether the URL is one of the issuer's. */
  answers(url: string | URL): boolean
  /** In place of the platform's fetch. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>
  /** Default claims: iss, aud, sub `user-1`, scope `orders:read`, iat, exp. `undefined` deletes one. */
  mint(claims?: Record<string, unknown>, options?: MintOptions): Promise<string>
  mintParts(claims?: Record<string, unknown>, options?: MintOptions): Promise<TokenParts>
  /** A token without meaning to anyone but introspection. */
  mintOpaque(claims?: Record<string, unknown>): string
  /** Introspection calls this token inactive from now on. */
  revoke(token: string): void
  /** Lets every hanging answer go out. */
  release(): void
}

/** Makes an issuer. Keys are made when first needed. */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const issuer = options.issuer ?? 'https://idp.test'
  const algs: [TestAlg, ...TestAlg[]] = options.algs ?? ['RS256']
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  const base = issuer.replace(/\/$/, '')
  const url = new URL(base)
  const jwksUri = `${base}/.well-known/jwks.json`
  const introspectionUri = `${base}/oauth2/introspect`
  const endpoints = new Map<string, IssuerEndpoint>([
    [`${base}/.well-known/openid-configuration`, 'discovery'],
    [rfc8414Location(url), 'discovery'],
    [jwksUri, 'jwks'],
    [introspectionUri, 'introspection'],
  ])
  const ring = createKeyRing(algs)
  const tokens = new Map<string, Record<string, unknown>>()
  let hanging = Promise.withResolvers<void>()

  function endpointOf(asked: string | URL): IssuerEndpoint | undefined {
    return endpoints.get(String(asked).replace(/[?#].*/, ''))
  }

  function defaultClaims(lifetimeSeconds = 300): Record<string, unknown> {
    const iat = now()
    const aud = options.audience ?? 'gatehouse'
    return {
      iss: issuer,
      aud,
      sub: 'user-1',
      scope: 'orders:read',
      iat,
      exp: iat + lifetimeSeconds,
    }
  }

  async function answer(endpoint: IssuerEndpoint, request: Request): Promise<Response> {
    if (endpoint === 'jwks') return Response.json(await ring.jwks())
    if (endpoint === 'introspection') return introspect(request)
    return Response.json({
      issuer,
      jwks_uri: jwksUri,
      introspection_endpoint: introspectionUri,
      authorization_endpoint: `${base}/oauth2/authorize`,
      token_endpoint: `${base}/oauth2/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: algs,
      ...testIssuer.metadata,
    })
  }

  async function introspect(request: Request): Promise<Response> {
    const form = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()))
    if (testIssuer.onIntrospection) return testIssuer.onIntrospection(form, request)
    const claims = tokens.get(form.get('token') ?? '')
    const active = claims !== undefined && !(Number(claims.exp) <= now())
    return Response.json(active ? { active, ...claims } : { active })
  }

  const testIssuer: TestIssuer = {
    jwks: ring.jwks,
    rotate: ring.rotate,
    withdraw: ring.withdraw,
    issuer,
    jwksUri,
    introspectionUri,
    counters: { discovery: 0, jwks: 0, introspection: 0, unexpected: 0 },
    mode: 'ok',
    metadata: {},
    onIntrospection: undefined,
    answers: (asked) => endpointOf(asked) !== undefined,
    async fetch(input, init) {
      const request = new Request(input, init)
      const endpoint = endpointOf(request.url)
      if (!endpoint) {
        testIssuer.counters.unexpected += 1
        throw new Error(`test issuer: unexpected ${request.method} ${request.url}`)
      }
      testIssuer.counters[endpoint] += 1
      const { mode } = testIssuer
      const own = typeof mode === 'object' && !('delayMs' in mode) ? (mode[endpoint] ?? 'ok') : mode
      return answerInMode(own, request, hanging.promise, () => answer(endpoint, request))
    },
    async mint(claims, mintOptions) {
      const token = joinParts(await testIssuer.mintParts(claims, mintOptions))
      noteSecret(token)
      // Introspection knows what the issuer signed, not what an attacker would have made.
      const own = typeof mintOptions?.key !== 'object' && mintOptions?.key !== 'foreign'
      if (own && !mintOptions?.unsigned)
        tokens.set(token, { ...defaultClaims(mintOptions?.lifetimeSeconds), ...claims })
      return token
    },
    async mintParts(claims, mintOptions = {}) {
      const { header, secret, unsigned, headerText, payloadText } = mintOptions
      const payload = payloadText ?? { ...defaultClaims(mintOptions.lifetimeSeconds), ...claims }
      const { alg: wanted, key: which } = mintOptions
      const key = typeof which === 'object' ? which : await ring.signer(wanted, which)
      const alg = unsigned ? 'none' : secret === undefined ? key.alg : 'HS256'
      const shown = headerText ?? { alg, kid: key.kid, typ: 'at+jwt', ...header }
      if (unsigned)
        return { header: encodePart(shown), payload: encodePart(payload), signature: '' }
      if (secret !== undefined) return signPartsWithSecret(shown, payload, secret)
      return signParts(shown, payload, key)
    },
    mintOpaque(claims) {
      const token = `opaque-${crypto.randomUUID()}`
      tokens.set(token, { ...defaultClaims(), ...claims })
      return token
    },
    revoke(token) {
      tokens.delete(token)
    },
    release() {
      hanging.resolve()
      hanging = Promise.withResolvers<void>()
    },
  }
  return testIssuer
}

// RFC 8414 §3.1: the well-known part goes between host and path.
function rfc8414Location(url: URL): string {
  return `${url.origin}/.well-known/oauth-authorization-server${url.pathname.replace(/\/$/, '')}`
}
