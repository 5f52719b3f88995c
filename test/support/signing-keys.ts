// Key pairs for tests and a signer that signs whatever it is given: a header that lies about its
// algorithm, a payload that is no JSON. Runs in workerd and in Node.
// It never checks a token: what is under test must do that.

import { base64url, exportJWK, generateKeyPair, type JWK } from 'jose'

/** Algorithms the test issuers hold keys for. */
export type TestAlg =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/** One key pair with the public JWK that an issuer publishes for it. */
export interface TestKey {
  kid: string
  alg: TestAlg
  privateKey: CryptoKey
  jwk: JWK
}

/** The three parts of a compact JWS, each base64url: change one and join them with dots. */
export interface TokenParts {
  header: string
  payload: string
  signature: string
}

let made = 0

/** Makes a fresh key pair; its `kid` is unique in this isolate. */
export async function createTestKey(alg: TestAlg): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  made += 1
  const kid = `${alg.toLowerCase()}-${made}`
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** base64url of a string (as UTF-8), of bytes, or of a value's JSON. */
export function encodePart(value: unknown): string {
  if (typeof value === 'string' || value instanceof Uint8Array) return base64url.encode(value)
  return base64url.encode(JSON.stringify(value))
}

/** Joins the parts of a token. */
export function joinParts({ header, payload, signature }: TokenParts): string {
  return `${header}.${payload}.${signature}`
}

/**
 * Signs header and payload as they stand: an object becomes JSON, a string stays as it is. The key
 * decides how it is signed, whatever the header says.
 */
export async function signParts(
  header: unknown,
  payload: unknown,
  key: TestKey,
): Promise<TokenParts> {
  const parts = { header: encodePart(header), payload: encodePart(payload) }
  const signature = await crypto.subtle.sign(
    webCryptoAlgorithm(key.alg),
    key.privateKey,
    signingInput(parts),
  )
  return { ...parts, signature: encodePart(new Uint8Array(signature)) }
}

/** Signs with HMAC, for tokens that claim `HS*` (RFC 8725 §2.1: the public key used as a secret). */
export async function signPartsWithSecret(
  header: unknown,
  payload: unknown,
  secret: string | Uint8Array,
  bits: 256 | 384 | 512 = 256,
): Promise<TokenParts> {
  const parts = { header: encodePart(header), payload: encodePart(payload) }
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  const algorithm = { name: 'HMAC', hash: `SHA-${bits}` }
  const key = await crypto.subtle.importKey('raw', copy(bytes), algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', key, signingInput(parts))
  return { ...parts, signature: encodePart(new Uint8Array(signature)) }
}

function signingInput(parts: Omit<TokenParts, 'signature'>): Uint8Array<ArrayBuffer> {
  return copy(new TextEncoder().encode(`${parts.header}.${parts.payload}`))
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

function webCryptoAlgorithm(alg: TestAlg) {
  const hash = `SHA-${alg.slice(2)}`
  if (alg === 'EdDSA') return { name: 'Ed25519' }
  if (alg.startsWith('ES')) return { name: 'ECDSA', hash }
  if (alg.startsWith('PS')) return { name: 'RSA-PSS', saltLength: Number(alg.slice(2)) / 8 }
  return { name: 'RSASSA-PKCS1-v1_5' }
}
