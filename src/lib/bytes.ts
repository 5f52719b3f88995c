/** Bytes, digests and base64url (RFC 4648 section 5, unpadded). No I/O. */

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const BASE64URL = /^[\w-]+$/
/** Last characters that leave no bit unused, where two or three characters are left over. */
const ENDS: readonly (string | undefined)[] = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048']

/**
 * Whether a text is base64url of something in its one canonical spelling: right length, right alphabet,
 * and no bits set that a decoder would drop.
 */
export function isCanonicalBase64url(text: string): boolean {
  const ends = ENDS[text.length % 4]
  return (ends === undefined || ends.includes(text.at(-1) ?? '?')) && BASE64URL.test(text)
}

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return utf8Encoder.encode(text) as Uint8Array<ArrayBuffer>
}

/** Decodes UTF-8; throws a TypeError where the bytes are not well-formed. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes)
}

/** Decodes a text that {@link isCanonicalBase64url} accepts. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Buffer.from(text, 'base64url') as Uint8Array<ArrayBuffer>
}

export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** The SHA-256 of a text as UTF-8, in base64url. */
export async function sha256(text: string): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', encodeUtf8(text))))
}

/**
 * A name for a list of strings: the SHA-256 of its length-prefixed parts, as base64url. Two different
 * lists never share a name, whatever characters they hold (CVE-2025-59936 joined them with a colon).
 */
export function digest(parts: readonly string[]): Promise<string> {
  const text = parts.map((part) => `${part.length}:${part}`).join('')
  return sha256(text)
}
