/**
 * Mints the benchmark's access tokens: RS256 with a 2048-bit key and twelve claims.
 * Payloads avoid `>`, `?` and `~`: base64url then needs neither `-` nor `_`, which one peer cannot read.
 */

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'

export const AUDIENCE = 'orders-api'
export const SUBJECT = 'user-1f6c2a90'
export const SCOPE = 'orders:read'

const KEY_ID = 'bench-1'
const LIFETIME_SECONDS = 6 * 3600
const signAsync = promisify(
  (data: Buffer, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
    sign('RSA-SHA256', data, key, done),
)

export interface Claims {
  [name: string]: unknown
}

export interface SigningKey {
  privateKey: KeyObject
  publicKeyPem: string
  jwks: { keys: object[] }
}

export function createSigningKey(keyId = KEY_ID): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    privateKey,
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwks: {
      keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig' }],
    },
  }
}

/** Twelve claims as an authorization server writes them into an access token. */
export function claims(issuer: string, nowSeconds = Math.floor(Date.now() / 1000)): Claims {
  return {
    iss: issuer,
    aud: AUDIENCE,
    sub: SUBJECT,
    exp: nowSeconds + LIFETIME_SECONDS,
    iat: nowSeconds,
    nbf: nowSeconds,
    jti: randomBytes(16).toString('hex'),
    client_id: 'web-shop',
    scope: `openid ${SCOPE} orders:write`,
    email: 'ada@example.com',
    roles: ['customer', 'support'],
    tenant: 'acme',
  }
}

/** Signs one token. */
export async function mint(key: SigningKey, payload: Claims, keyId = KEY_ID): Promise<string> {
  const header = { alg: 'RS256', typ: 'JWT', kid: keyId }
  const input = `${encode(header)}.${encode(payload)}`
  const signature = await signAsync(Buffer.from(input), key.privateKey)
  return `${input}.${signature.toString('base64url')}`
}

/** Signs `count` distinct tokens on all cores: OpenSSL signs in Node's thread pool. */
export async function mintMany(
  key: SigningKey,
  issuer: string,
  count: number,
  progress: (done: number) => void,
): Promise<string[]> {
  const tokens: string[] = []
  while (tokens.length < count) {
    const batch = Math.min(500, count - tokens.length)
    tokens.push(
      ...(await Promise.all(Array.from({ length: batch }, () => mint(key, claims(issuer))))),
    )
    progress(tokens.length)
  }
  return tokens
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
