/** Text that only this server can make or read, bound to what it is for: cookies and links. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

const IV_BYTES = 12
const TAG_BYTES = 16

export interface Sealer {
  seal(purpose: string, value: unknown): string
  /** Answers undefined for what is altered, of another purpose, or of a key that is gone. */
  open(purpose: string, text: string): unknown
}

/** `keys` are the server's cookie keys, the one that seals first; `use` tells sealers of one key apart. */
export function createSealer(keys: readonly string[], use: string): Sealer {
  const derived = keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', use, 32)))
  const [current = randomBytes(32)] = derived
  return {
    seal(purpose, value) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current, iv)
      cipher.setAAD(Buffer.from(purpose))
      const sealed = [cipher.update(deflateRawSync(JSON.stringify(value))), cipher.final()]
      return Buffer.concat([iv, ...sealed, cipher.getAuthTag()]).toString('base64url')
    },
    open(purpose, text) {
      const bytes = Buffer.from(text, 'base64url')
      for (const key of derived) {
        try {
          const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
          decipher.setAAD(Buffer.from(purpose))
          decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
          const plain = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]
          return JSON.parse(inflateRawSync(Buffer.concat(plain)).toString('utf8')) as unknown
        } catch {
          // The next key, or nothing of ours.
        }
      }
      return undefined
    },
  }
}
