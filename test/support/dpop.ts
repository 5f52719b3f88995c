// A gateway whose entry takes tokens that are bound to a DPoP key, clients with such keys, and proofs that say what a
// test wants. Its memory of proofs is the state Worker itself, unless a test has another one.

import { env } from 'cloudflare:workers'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { type DpopOptions, dpop } from '../../src/auth/possession/dpop.ts'
import { type MtlsOptions, mtls } from '../../src/auth/possession/mtls.ts'
import { type OidcOptions, oidc } from '../../src/auth/presets/oidc.ts'
import type { RouteConfig } from '../../src/config/define.ts'
import { sha256 } from '../../src/lib/bytes.ts'
import type { StateBinding } from '../../src/options/state.ts'
import {
  AUDIENCE,
  createTestGateway,
  ORIGIN,
  START,
  type TestGateway,
  type TestGatewayOptions,
} from './gateway.ts'
import { createTestIssuer, type TestIssuer } from './mint.ts'
import { createTestKey, joinParts, signParts, type TestAlg, type TestKey } from './signing-keys.ts'

export const { STATE } = env as unknown as { STATE: StateBinding }
export const NONCE_KEY = 'B2hQw9Zt5vXk4LmN8bRs6WcY3hJd5GfP'
/** What the challenge says by default. */
export const ALGS = 'algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519"'

export interface DpopClient {
  readonly key: TestKey
  /** The public members of the key alone. */
  readonly jwk: JWK
  readonly thumbprint: string
}

export async function createDpopClient(alg: TestAlg = 'ES256'): Promise<DpopClient> {
  const key = await createTestKey(alg)
  const { kid: _kid, alg: _alg, use: _use, ...jwk } = key.jwk
  return { key, jwk, thumbprint: await calculateJwkThumbprint(jwk) }
}

/** Members set over those of a good proof; `undefined` deletes one. */
export interface ProofChanges {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  /** Who signs. Default: the client. */
  signer?: TestKey
}

/** A proof of a client for a token, for `GET https://api.test/`. */
export async function makeProof(
  { key, jwk }: DpopClient,
  token: string,
  { claims, header, signer = key }: ProofChanges = {},
): Promise<string> {
  const head = { typ: 'dpop+jwt', alg: key.alg, jwk, ...header }
  const body = {
    jti: crypto.randomUUID(),
    htm: 'GET',
    htu: 'https://api.test/',
    iat: START,
    ath: await sha256(token),
    ...claims,
  }
  return joinParts(await signParts(head, body, signer))
}

export interface DpopWorld extends TestGateway {
  client: DpopClient
  /** A token that is bound to the client. */
  token: string
  proof(changes?: ProofChanges): Promise<string>
  /** Sends the client's token as DPoP with this proof. */
  sendProof(target: string, proof: string, init?: RequestInit): Promise<Response>
  /** The same with a fresh proof that is good for GET https://api.test/. */
  sendBound(target: string, changes?: ProofChanges): Promise<Response>
}

export interface DpopWorldOptions extends Partial<DpopOptions> {
  certificates?: MtlsOptions
  alg?: TestAlg
  issuer?: TestIssuer
  clock?: { now: number }
  routes?: readonly RouteConfig[]
  entry?: Partial<OidcOptions>
}

export async function createDpopWorld(options: DpopWorldOptions = {}): Promise<DpopWorld> {
  const {
    certificates,
    alg,
    issuer: given,
    clock = { now: START },
    routes,
    entry,
    ...own
  } = options
  const issuer = given ?? createTestIssuer({ audience: AUDIENCE, now: () => clock.now })
  const possession = [
    dpop({ ...(own.dangerouslyAllowReplays ? {} : { state: STATE }), ...own }),
    ...(certificates ? [mtls(certificates)] : []),
  ]
  const main = oidc({ issuer: issuer.issuer, audience: AUDIENCE, possession, ...entry })
  const settings: TestGatewayOptions = {
    issuer,
    clock,
    routes: routes ?? [{ path: '/*', to: ORIGIN }],
    config: { schemes: { main } },
  }
  const gateway = await createTestGateway(settings)
  const client = await createDpopClient(alg)
  const token = await issuer.mint({ cnf: { jkt: client.thumbprint } })
  const proof: DpopWorld['proof'] = (changes) => makeProof(client, token, changes)
  const sendProof: DpopWorld['sendProof'] = (target, dpopProof, init = {}) => {
    const headers = new Headers(init.headers)
    if (!headers.has('authorization')) headers.set('authorization', `DPoP ${token}`)
    headers.set('dpop', dpopProof)
    return gateway.send(target, { ...init, headers })
  }
  return {
    ...gateway,
    client,
    token,
    proof,
    sendProof,
    sendBound: async (target, changes) => sendProof(target, await proof(changes)),
  }
}
