/** Bytes, digests and base64url (RFC 4648 section 5, unpadded). No I/O. */

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The canonical spelling of a base64url segment: right length, right alphabet, and no bits set that
 * the decoder would drop. One byte string has exactly one spelling that passes.
 */
export const BASE64URL_SEGMENT =
  '(?:[\\w-]{4})*(?:[\\w-]{4}|[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])'

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return utf8Encoder.encode(text) as Uint8Array<ArrayBuffer>
}

/** Decodes UTF-8; throws a TypeError where the bytes are not well-formed. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes)
}

/** Decodes text that {@link BASE64URL_SEGMENT} matched. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Buffer.from(text, 'base64url') as Uint8Array<ArrayBuffer>
}

export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/**
 * A name for a list of strings: the SHA-256 of its length-prefixed parts, as base64url. Two different
 * lists never share a name, whatever characters they hold (CVE-2025-59936 joined them with a colon).
 */
export async function digest(parts: readonly string[]): Promise<string> {
  const text = parts.map((part) => `${part.length}:${part}`).join('')
  const bytes = await crypto.subtle.digest('SHA-256', encodeUtf8(text))
  return encodeBase64url(new Uint8Array(bytes))
}
