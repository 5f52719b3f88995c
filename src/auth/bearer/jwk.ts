/**
 * One key set document (RFC 7517) to keys that can verify. Every key is judged alone: one that is
 * malformed, weak, private to other uses or unknown is passed over, and the rest go on working.
 */

import { importJWK, type JWK } from 'jose'
import { decodeBase64url, isCanonicalBase64url } from '../../lib/bytes.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
/** RFC 7518 section 3.4: the curve decides the one algorithm. */
const EC_ALGORITHMS: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
}
/** RFC 8037, and RFC 9864 for the newer of the two names. */
const EDWARDS_ALGORITHMS = ['EdDSA', 'Ed25519']

/** Every algorithm that can be allowed: asymmetric signatures only. */
export const ALGORITHMS: readonly string[] = [
  ...RSA_ALGORITHMS,
  ...Object.values(EC_ALGORITHMS),
  ...EDWARDS_ALGORITHMS,
]

/** RFC 7518 section 3.3 asks for 2048 bits or more; more than 8192 only costs time. */
const MIN_RSA_BITS = 2_048
const MAX_RSA_BITS = 8_192
const MAX_KEYS = 100

/** What WebCrypto needs beside the key, by algorithm. RFC 7518 section 3.5: the salt is as long as the hash. */
const VERIFY_PARAMETERS: Readonly<Record<string, SubtleCryptoSignAlgorithm>> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  RS384: { name: 'RSASSA-PKCS1-v1_5' },
  RS512: { name: 'RSASSA-PKCS1-v1_5' },
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  PS384: { name: 'RSA-PSS', saltLength: 48 },
  PS512: { name: 'RSA-PSS', saltLength: 64 },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  ES384: { name: 'ECDSA', hash: 'SHA-384' },
  ES512: { name: 'ECDSA', hash: 'SHA-512' },
  EdDSA: { name: 'Ed25519' },
  Ed25519: { name: 'Ed25519' },
}

export interface VerificationKey {
  readonly keyId: string | undefined
  /** The algorithms that this key may verify: by its type, curve and `alg`. */
  readonly algorithms: readonly string[]
  /** The same for the same key of a later document, and different for any other. */
  readonly fingerprint: string
  /** Whether `signature` is this key's over `bytes`. False also where the key cannot be used after all. */
  verify(
    algorithm: string,
    signature: Uint8Array<ArrayBuffer>,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<boolean>
}

/**
 * The usable keys of a key set document, at most 100 of them. Undefined where it is no key set; an
 * empty list is a key set in which nothing can be used.
 */
export function readKeySet(document: unknown): VerificationKey[] | undefined {
  if (!isObject(document) || !Array.isArray(document.keys)) return undefined
  return document.keys.slice(0, MAX_KEYS).flatMap((key) => readKey(key) ?? [])
}

/** One public key; undefined where it cannot be used. */
export function readKey(jwk: unknown): VerificationKey | undefined {
  if (!isObject(jwk) || !isForVerifying(jwk)) return undefined
  const material = publicMaterial(jwk)
  if (!material) return undefined
  const algorithms = algorithmsOf(material).filter(
    (name) => jwk.alg === undefined || jwk.alg === name,
  )
  if (algorithms.length === 0) return undefined
  const keyId = typeof jwk.kid === 'string' ? jwk.kid : undefined
  return {
    keyId,
    algorithms,
    fingerprint: JSON.stringify([keyId, algorithms, material]),
    verify: createVerify(material),
  }
}

function isForVerifying({ use, key_ops: operations }: JsonObject): boolean {
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

/** The public members alone, in a fixed order. Symmetric keys have none. */
function publicMaterial(jwk: JsonObject): JWK | undefined {
  const { kty, crv, x, y, n, e } = jwk
  switch (kty) {
    case 'RSA':
      return isBase64url(n) && isBase64url(e) && isSoundRsa(n, e) ? { kty, n, e } : undefined
    case 'EC':
      return typeof crv === 'string' && isBase64url(x) && isBase64url(y)
        ? { kty, crv, x, y }
        : undefined
    case 'OKP':
      return crv === 'Ed25519' && isBase64url(x) ? { kty, crv, x } : undefined
    default:
      return undefined
  }
}

function isSoundRsa(n: string, e: string): boolean {
  const bits = bitLength(decodeBase64url(n))
  const exponent = decodeBase64url(e)
  const isOdd = ((exponent.at(-1) ?? 0) & 1) === 1
  const exponentBits = bitLength(exponent)
  return (
    bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && isOdd && exponentBits > 1 && exponentBits <= 32
  )
}

function bitLength(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] as number) + 24
}

function algorithmsOf({ kty, crv }: JWK): readonly string[] {
  if (kty === 'RSA') return RSA_ALGORITHMS
  if (kty === 'OKP') return EDWARDS_ALGORITHMS
  const algorithm = EC_ALGORITHMS[crv as string]
  return algorithm === undefined ? [] : [algorithm]
}

function createVerify(material: JWK): VerificationKey['verify'] {
  const imported = new Map<string, CryptoKey | undefined>()

  async function importFor(algorithm: string): Promise<CryptoKey | undefined> {
    try {
      return (await importJWK(material, algorithm)) as CryptoKey
    } catch {
      // A point off its curve, a modulus the runtime refuses: this key verifies nothing.
      return undefined
    }
  }

  return async function verify(algorithm, signature, bytes) {
    // The value is kept, never the promise: a promise belongs to the request that made it.
    if (!imported.has(algorithm)) imported.set(algorithm, await importFor(algorithm))
    const key = imported.get(algorithm)
    const parameters = VERIFY_PARAMETERS[algorithm]
    if (!key || !parameters) return false
    try {
      return await crypto.subtle.verify(parameters, key, signature, bytes)
    } catch {
      return false
    }
  }
}

function isBase64url(value: unknown): value is string {
  return typeof value === 'string' && isCanonicalBase64url(value)
}
