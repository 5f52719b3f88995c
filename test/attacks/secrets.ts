// Spellings of a public key that some verifier has taken for a shared secret.

import { exportJWK, importJWK } from 'jose'
import type { TestKey } from '../support/signing-keys.ts'

/** Of an RSA key: SPKI and PKCS#1, as PEM, DER, OpenSSH line and JWK text. */
export interface Spellings {
  spkiPem: string
  spkiDer: Uint8Array
  pkcs1Pem: string
  openSsh: string
  jwkText: string
}

/** The DER of an RSA SubjectPublicKeyInfo is this many bytes and then the PKCS#1 key. */
const SPKI_HEADER_BYTES = 24

export async function spellingsOf({ jwk, alg }: TestKey): Promise<Spellings> {
  const key = (await importJWK(jwk, alg, { extractable: true })) as CryptoKey
  const spkiDer = new Uint8Array((await crypto.subtle.exportKey('spki', key)) as ArrayBuffer)
  const { e = '', n = '' } = await exportJWK(key)
  return {
    spkiDer,
    spkiPem: pem('PUBLIC KEY', spkiDer),
    pkcs1Pem: pem('RSA PUBLIC KEY', spkiDer.subarray(SPKI_HEADER_BYTES)),
    openSsh: `ssh-rsa ${openSshBlob(Buffer.from(e, 'base64url'), Buffer.from(n, 'base64url'))}`,
    jwkText: JSON.stringify(jwk),
  }
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function openSshBlob(exponent: Buffer, modulus: Buffer): string {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const positive = Buffer.concat([Buffer.alloc(1), modulus])
  const fields = [Buffer.from('ssh-rsa'), exponent, positive].map(field)
  return Buffer.concat(fields).toString('base64')
}
