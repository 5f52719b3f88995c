/**
 * The file that `npm run issuer -- export` writes and `import` reads: JSON, encrypted with a key that
 * scrypt makes of a passphrase (AES-256-GCM).
 */

import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'

const HEAD = 'gatehouse issuer export 1\n'
const SALT_BYTES = 16
const IV_BYTES = 12
const TAG_BYTES = 16
const COST = { N: 131_072, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }

/** Everything that a server's owner takes along. */
export interface Export {
  clients: unknown[]
  people: unknown[]
}

export function sealExport(content: Export, passphrase: string): Buffer {
  const salt = randomBytes(SALT_BYTES)
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, COST), iv)
  const sealed = [cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]
  return Buffer.concat([Buffer.from(HEAD), salt, iv, ...sealed, cipher.getAuthTag()])
}

/** Throws where the file is none, was changed, or has another passphrase. */
export function openExport(file: Buffer, passphrase: string): Export {
  if (file.subarray(0, HEAD.length).toString('utf8') !== HEAD) {
    throw new Error('this file is no export of an authorization server')
  }
  const body = file.subarray(HEAD.length)
  const salt = body.subarray(0, SALT_BYTES)
  const iv = body.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, COST), iv)
  decipher.setAuthTag(body.subarray(-TAG_BYTES))
  try {
    const sealed = body.subarray(SALT_BYTES + IV_BYTES, -TAG_BYTES)
    const text = Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
    return JSON.parse(text) as Export
  } catch (cause) {
    throw new Error('the passphrase is another, or the file was changed', { cause })
  }
}
