/** The secrets that links are signed with. */

import { encodeUtf8 } from '../../lib/bytes.ts'

/** More of them are more work for every forged link. */
export const MAX_KEYS = 3

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
