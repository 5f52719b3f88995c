/** The gateway's own keys: private JSON Web Keys (RFC 7517) in secrets. The first signs, all are published. */

import { CompactSign, calculateJwkThumbprint, importJWK, type JWK } from 'jose'
import { GatewayError } from '../../errors.ts'
import { decodeBase64url, encodeUtf8, isCanonicalBase64url } from '../../lib/bytes.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'

/** One that signs, and one that did or will. */
export const MAX_KEYS = 2

const HOW_TO_MAKE = 'Make one with "npm run -s assertion-key", and set it as a secret'
/** Of both curves: private and public values have 32 bytes (RFC 7518 section 6.2, RFC 8037 section 2). */
const VALUE_BYTES = 32

type Algorithm = 'ES256' | 'EdDSA'

/** What is wrong with a key; undefined where nothing is. Never says anything of its values. */
export function explainKey(text: string): string | undefined {
  const jwk = parse(text)
  if (!jwk) {
    const isPem = text.includes('-----BEGIN')
    return `${isPem ? 'is a key in PEM' : 'is no key'}, and must be a private JSON Web Key. ${HOW_TO_MAKE}`
  }
  if (Array.isArray(jwk.keys)) return 'is a key set, and must be one key. Take one of its "keys"'
  const algorithm = algorithmOf(jwk)
  if (!algorithm) {
    return `is of a kind that is not taken. It must be an EC key on P-256 (ES256) or an OKP key on Ed25519 (EdDSA). ${HOW_TO_MAKE}`
  }
  if (jwk.d === undefined) {
    return `is a public key, and only a private one can sign: it has the member "d". ${HOW_TO_MAKE}`
  }
  const values = algorithm === 'ES256' ? ['d', 'x', 'y'] : ['d', 'x']
  const broken = values.find((name) => !isValue(jwk[name]))
  if (broken) {
    return `has a member "${broken}" that is not 32 bytes in base64url. Copy the whole key again`
  }
  const isForSigning = jwk.use === undefined || jwk.use === 'sig'
  const { alg, key_ops: operations } = jwk
  const mayBeUsed = !Array.isArray(operations) || operations.includes('sign')
  if (!isForSigning || !mayBeUsed || (alg !== undefined && !NAMES[algorithm].includes(alg))) {
    return `has "use", "key_ops" or "alg" that do not let it sign. ${HOW_TO_MAKE}`
  }
  if (jwk.kid !== undefined && (typeof jwk.kid !== 'string' || !/^[!-~]{1,128}$/.test(jwk.kid))) {
    return 'has a "kid" that is not 1 to 128 visible ASCII characters. Take it out: the key then gets one by itself'
  }
  return undefined
}

/** Whether two keys that {@link explainKey} accepts could be taken for each other. */
export function isSameKey(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)]
  return a?.x === b?.x || (a?.kid !== undefined && a.kid === b?.kid)
}

/** What `alg` may be, first what it is in a token. Of Ed25519 there is an older and a newer name (RFC 9864). */
const NAMES: Readonly<Record<Algorithm, readonly unknown[]>> = {
  ES256: ['ES256'],
  EdDSA: ['EdDSA', 'Ed25519'],
}

function algorithmOf({ kty, crv }: JsonObject): Algorithm | undefined {
  if (kty === 'EC' && crv === 'P-256') return 'ES256'
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined
}

function isValue(value: unknown): boolean {
  if (typeof value !== 'string' || !isCanonicalBase64url(value)) return false
  return decodeBase64url(value).length === VALUE_BYTES
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export interface SigningKey {
  /** A JWS in compact form (RFC 7515) of a JSON text. Throws `config_invalid` where the key contradicts itself. */
  sign(payload: string): Promise<string>
  /** The key as everybody may know it. */
  publicJwk(): Promise<JWK>
}

/** A key that {@link explainKey} accepts. It is imported once, when it is first used. */
export function createSigningKey(text: string): SigningKey {
  const jwk = parse(text) as JsonObject & JWK
  const { kty, crv, x, y } = jwk
  const material = (kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }) as JWK
  const algorithm = algorithmOf(jwk) as Algorithm
  // Values are kept and not promises: a request must not wait for the I/O of another one.
  let published: JWK | undefined
  let imported: CryptoKey | undefined

  async function publicJwk(): Promise<JWK> {
    if (published) return published
    const kid = jwk.kid ?? (await calculateJwkThumbprint(material))
    published = { ...material, kid, alg: algorithm, use: 'sig' }
    return published
  }

  async function privateKey(): Promise<CryptoKey> {
    imported ??= await importWhole({ ...material, d: jwk.d as string }, algorithm)
    return imported
  }

  return {
    publicJwk,
    async sign(payload) {
      const { kid } = await publicJwk()
      return new CompactSign(encodeUtf8(payload))
        .setProtectedHeader({ alg: algorithm, kid: kid as string, typ: 'JWT' })
        .sign(await privateKey())
    },
  }
}

/** Sees that what the private part signs is what the public part verifies: else no origin could. */
async function importWhole({ d, ...material }: JWK, algorithm: Algorithm): Promise<CryptoKey> {
  const parameters =
    algorithm === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'Ed25519' }
  try {
    const own = (await importJWK({ ...material, d } as JWK, algorithm)) as CryptoKey
    const shown = (await importJWK(material as JWK, algorithm)) as CryptoKey
    const message = encodeUtf8('one key')
    const signature = await crypto.subtle.sign(parameters, own, message)
    if (await crypto.subtle.verify(parameters, shown, signature, message)) return own
  } catch {
    // Refused below, without its reason: that may quote the key.
  }
  const reason = `assertion: the key's private and public parts do not belong together. ${HOW_TO_MAKE}`
  throw new GatewayError('config_invalid', { reason })
}
