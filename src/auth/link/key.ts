/** The secrets that links are signed with. */

import { encodeUtf8 } from '../../lib/bytes.ts'

export const MIN_KEY_BYTES = 32
/** More of them are more work for every forged link. */
export const MAX_KEYS = 3

const HOW_TO_MAKE = 'Make one with "openssl rand -base64 32", and set it as a secret'
const PLACEHOLDER =
  /example|change.?me|placeholder|your.?(?:key|secret)|my.?secret|password|123456/i
/** Of 32 random bytes, in hexadecimal, fewer than one in a million has less. */
const MIN_DIFFERENT_CHARACTERS = 8

/**
 * What is wrong with a key; undefined where nothing is. Never says anything of it but its length. `risk` is what
 * becomes of a shorter one.
 */
export function explainKey(secret: string, risk = 'links can be forged'): string | undefined {
  const { length } = encodeUtf8(secret)
  if (length < MIN_KEY_BYTES) {
    return `has ${length} bytes, and a key needs ${MIN_KEY_BYTES} or more, or ${risk}. ${HOW_TO_MAKE}`
  }
  if (PLACEHOLDER.test(secret)) return `looks like a value from an example. ${HOW_TO_MAKE}`
  if (new Set(secret).size < MIN_DIFFERENT_CHARACTERS) {
    return `has too few different characters and can be guessed. ${HOW_TO_MAKE}`
  }
  return undefined
}

export interface LinkKey {
  sign(message: string): Promise<Uint8Array<ArrayBuffer>>
  /** Compares in constant time. */
  verify(message: string, mac: Uint8Array<ArrayBuffer>): Promise<boolean>
}

/** HMAC-SHA256 (RFC 2104) with the bytes of a text. It is imported once, when it is first used. */
export function createLinkKey(secret: string): LinkKey {
  let imported: CryptoKey | undefined
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  // The key is kept and not the promise: a request must not wait for the I/O of another one.
  const key = async () => {
    imported ??= await crypto.subtle.importKey('raw', encodeUtf8(secret), algorithm, false, [
      'sign',
      'verify',
    ])
    return imported
  }
  return {
    async sign(message) {
      return new Uint8Array(await crypto.subtle.sign('HMAC', await key(), encodeUtf8(message)))
    },
    async verify(message, mac) {
      return crypto.subtle.verify('HMAC', await key(), mac, encodeUtf8(message))
    },
  }
}
