/**
 * Handles that nobody can guess, and what is encrypted under them. A handle is random, and carries a proof that one
 * of the owner's keys made it, so that an invented one costs no call. What is sealed under it can be read only with
 * the handle and that key together: HKDF-SHA256 (RFC 5869) of both gives a key for AES-256-GCM.
 */

import { timingSafeEqual } from 'node:crypto'
import {
  decodeBase64url,
  decodeUtf8,
  digest,
  encodeBase64url,
  encodeUtf8,
  isCanonicalBase64url,
} from '../lib/bytes.ts'

const SEED_BYTES = 24
const PROOF_BYTES = 24
const KEY_BYTES = 32
const IV_BYTES = 12
/** In characters of base64url. */
export const HANDLE_LENGTH = ((SEED_BYTES + PROOF_BYTES) * 4) / 3

export interface Handle {
  /** For the cookie. */
  readonly value: string
  /** Of the object in the state Worker. Does not give the value away. */
  readonly name: string
  seal(text: string): Promise<string>
  /** Undefined where it was not sealed under this handle. */
  unseal(sealed: string): Promise<string | undefined>
}

export interface Vault {
  create(): Promise<Handle>
  /** Undefined where none of the owner's keys has made the value. */
  open(value: string): Promise<Handle | undefined>
  /** The handle that belongs to a secret of somebody else's, such as a refresh token. Always the same one. */
  of(secret: string): Promise<Handle>
}

/** `purpose` keeps handles for one thing from being good for another. */
export function createVault(secrets: readonly string[], purpose: string): Vault {
  const derivers = secrets.map((secret) => createDeriver(secret, purpose))
  const [first = createDeriver('', purpose)] = derivers

  async function handleOf(seed: Bytes, { key, proof }: Derived): Promise<Handle> {
    const value = encodeBase64url(Buffer.concat([seed, proof]))
    const name = await digest([purpose, encodeBase64url(seed)])
    return { value, name, seal: (text) => seal(text, key), unseal: (sealed) => unseal(sealed, key) }
  }

  return {
    async create() {
      const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES))
      return handleOf(seed, await first(seed))
    },

    async open(value) {
      if (value.length !== HANDLE_LENGTH || !isCanonicalBase64url(value)) return undefined
      const bytes = decodeBase64url(value)
      const seed = bytes.slice(0, SEED_BYTES)
      for (const derive of derivers) {
        const derived = await derive(seed)
        if (timingSafeEqual(derived.proof, bytes.slice(SEED_BYTES))) return handleOf(seed, derived)
      }
      return undefined
    },

    async of(secret) {
      const hash = await crypto.subtle.digest('SHA-256', encodeUtf8(secret))
      const seed = new Uint8Array(hash).slice(0, SEED_BYTES)
      return handleOf(seed, await first(seed))
    },
  }
}

type Bytes = Uint8Array<ArrayBuffer>

interface Derived {
  readonly key: Bytes
  readonly proof: Bytes
}

function createDeriver(secret: string, purpose: string): (seed: Bytes) => Promise<Derived> {
  let imported: CryptoKey | undefined
  const info = encodeUtf8(`gatehouse-session-1 ${purpose}`)
  return async (seed) => {
    // The key is kept and not the promise: a request must not wait for the I/O of another one.
    imported ??= await crypto.subtle.importKey('raw', encodeUtf8(secret), 'HKDF', false, [
      'deriveBits',
    ])
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: seed, info }
    const bits = await crypto.subtle.deriveBits(algorithm, imported, (KEY_BYTES + PROOF_BYTES) * 8)
    const bytes = new Uint8Array(bits)
    return { key: bytes.slice(0, KEY_BYTES), proof: bytes.slice(KEY_BYTES) }
  }
}

async function seal(text: string, raw: Bytes): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt'])
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, encodeUtf8(text))
  return encodeBase64url(Buffer.concat([iv, new Uint8Array(sealed)]))
}

async function unseal(sealed: string, raw: Bytes): Promise<string | undefined> {
  if (!isCanonicalBase64url(sealed)) return undefined
  const bytes = decodeBase64url(sealed)
  const iv = bytes.slice(0, IV_BYTES)
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
  try {
    const text = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, bytes.slice(IV_BYTES))
    return decodeUtf8(new Uint8Array(text))
  } catch {
    return undefined
  }
}
