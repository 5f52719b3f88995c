// Keys that must not verify anything, and must not keep the good keys beside them from working.

import type { JWK } from 'jose'
import { encodePart, type TestKey } from '../support/signing-keys.ts'
import { sign } from './world.ts'

export interface BadKey {
  what: string
  /** As published, given a good key of the same set. */
  jwk: (good: JWK) => unknown
}

const point = (jwk: Partial<JWK>) => ({ kty: 'EC', crv: 'P-256', alg: 'ES256', ...jwk })
/** 32 bytes of no meaning, spelled canonically. */
const BYTES_32 = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE'

export const BAD_KEYS: BadKey[] = [
  { what: 'an EC point off its curve', jwk: () => point({ x: BYTES_32, y: BYTES_32 }) },
  { what: 'an EC point at infinity', jwk: () => point({ x: 'AA', y: 'AA' }) },
  {
    what: 'an EC key of another curve',
    jwk: () => point({ crv: 'P-384', x: BYTES_32, y: BYTES_32 }),
  },
  {
    what: 'an EC key of an unknown curve',
    jwk: () => point({ crv: 'secp256k1', x: BYTES_32, y: BYTES_32 }),
  },
  { what: 'an EC key without a curve', jwk: () => ({ kty: 'EC', x: BYTES_32, y: BYTES_32 }) },
  { what: 'an EC key with half a point', jwk: () => point({ x: BYTES_32 }) },
  { what: 'an EC key whose point is padded', jwk: () => point({ x: `${BYTES_32}=`, y: BYTES_32 }) },
  { what: 'an EC key whose point is a number', jwk: () => point({ x: 1, y: 2 } as unknown as JWK) },
  {
    what: 'an Edwards key that is too short',
    jwk: () => ({ kty: 'OKP', crv: 'Ed25519', x: 'AA' }),
  },
  {
    what: 'an Edwards key of another curve',
    jwk: () => ({ kty: 'OKP', crv: 'X25519', x: BYTES_32 }),
  },
  { what: 'an RSA key with an empty modulus', jwk: ({ e }) => ({ kty: 'RSA', n: '', e }) },
  { what: 'an RSA key with modulus zero', jwk: ({ e }) => ({ kty: 'RSA', n: 'AAAA', e }) },
  { what: 'an RSA key with exponent zero', jwk: ({ n }) => ({ kty: 'RSA', n, e: 'AA' }) },
  { what: 'an RSA key with an even exponent', jwk: ({ n }) => ({ kty: 'RSA', n, e: 'Ag' }) },
  {
    what: 'an RSA key with an exponent of 64 bits',
    jwk: ({ n }) => ({ kty: 'RSA', n, e: '__________8' }),
  },
  { what: 'an RSA key without exponent', jwk: ({ n }) => ({ kty: 'RSA', n }) },
  { what: 'an RSA key that is no text', jwk: () => ({ kty: 'RSA', n: {}, e: [] }) },
  { what: 'an RSA key with prime factors of no type', jwk: () => ({ kty: 'RSA', oth: 1, d: 1 }) },
  {
    what: 'an RSA key in plain base64',
    jwk: ({ n = '', e }) => ({ kty: 'RSA', n: `+/${n.slice(2)}`, e }),
  },
  { what: 'an RSA key for encryption', jwk: (good) => ({ ...good, use: 'enc' }) },
  { what: 'an RSA key that may only encrypt', jwk: (good) => ({ ...good, key_ops: ['encrypt'] }) },
  { what: 'an RSA key for another algorithm', jwk: (good) => ({ ...good, alg: 'RSA-OAEP-256' }) },
  { what: 'an RSA key whose alg is a list', jwk: (good) => ({ ...good, alg: ['RS256'] }) },
  { what: 'an RSA key whose key_ops are no list', jwk: (good) => ({ ...good, key_ops: 'verify' }) },
  { what: 'a secret', jwk: () => ({ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }) },
  { what: 'an empty secret (CVE-2026-102266)', jwk: () => ({ kty: 'oct', k: '' }) },
  { what: 'a key of an unknown type', jwk: () => ({ kty: 'AKP', pub: 'AAAA' }) },
  { what: 'a key whose type is a name of Object', jwk: () => ({ kty: '__proto__' }) },
  { what: 'null', jwk: () => null },
  { what: 'a number', jwk: () => 1 },
  { what: 'a list', jwk: () => [] },
  { what: 'text', jwk: () => 'key' },
]

/** An RSA key pair that is too short to be a signature. */
export async function createShortKey(bits: number): Promise<TestKey> {
  const { publicKey, privateKey } = (await crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: bits,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: 'SHA-256',
    },
    true,
    ['sign', 'verify'],
  )) as CryptoKeyPair
  const kid = `rsa-${bits}`
  const jwk = { ...((await crypto.subtle.exportKey('jwk', publicKey)) as JWK), kid, alg: 'RS256' }
  return { kid, alg: 'RS256', privateKey, jwk }
}

/** The same key pair, for signing by another RSA algorithm. */
export async function asKeyFor(alg: 'RS384' | 'RS512' | 'PS256', key: TestKey): Promise<TestKey> {
  const { alg: _, ...jwk } = (await crypto.subtle.exportKey('jwk', key.privateKey)) as JWK
  const name = alg.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5'
  const algorithm = { name, hash: `SHA-${alg.slice(2)}` }
  const privateKey = await crypto.subtle.importKey('jwk', jwk as JsonWebKey, algorithm, true, [
    'sign',
  ])
  return { ...key, alg, privateKey }
}

/** DER of the digest's name, which PKCS#1 signatures begin with (RFC 8017 section 9.2). */
const SHA256_PREFIX = '3031300d060960864801650304020105000420'

/**
 * Forges a token for a key whose exponent is 1: its signature is what is signed (RFC 8017 section 8.2.2).
 */
export async function forgeForExponentOne(
  header: unknown,
  payload: unknown,
  key: TestKey,
): Promise<string> {
  const [head, body] = (await sign(header, payload, key)).split('.')
  const input = new TextEncoder().encode(`${head}.${body}`)
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', input))
  const tail = Buffer.concat([Buffer.alloc(1), Buffer.from(SHA256_PREFIX, 'hex'), digest])
  const size = Buffer.from(key.jwk.n ?? '', 'base64url').length
  const filling = Buffer.alloc(size - tail.length - 2, 0xff)
  const block = Buffer.concat([Buffer.from([0, 1]), filling, tail])
  return `${head}.${body}.${encodePart(new Uint8Array(block))}`
}
