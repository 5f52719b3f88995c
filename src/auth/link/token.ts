/**
 * The token of a link as text, in three formats. Each token has one spelling; any other is none.
 *
 * - `gatehouse`: `1.<timestamp>.<segments of a prefix>.<user, base64url>.<MAC, base64url>`, the third and fourth
 *   empty where the link has none.
 * - `cloudflare`: `<timestamp>-<MAC, base64, percent-encoded>`, as `is_timed_hmac_valid_v0` reads it.
 * - `cloudflare-s`: `<timestamp>-<MAC, base64url>`, as it does with the flag `s`.
 */

import {
  decodeBase64url,
  decodeUtf8,
  encodeBase64url,
  encodeUtf8,
  isCanonicalBase64url,
} from '../../lib/bytes.ts'

export const FORMATS = ['gatehouse', 'cloudflare', 'cloudflare-s'] as const
export type LinkFormat = (typeof FORMATS)[number]

export interface LinkToken {
  /** Unix seconds, ten digits: when the link was made, or when it ends. */
  readonly timestamp: string
  /** How many segments of the path are signed; undefined where the whole is. */
  readonly segments: number | undefined
  readonly user: string | undefined
  readonly mac: Uint8Array<ArrayBuffer>
}

/** In characters, of which each may take three bytes. */
export const MAX_USER_LENGTH = 256
export const MAX_SEGMENTS = 99

const OWN = /^1\.([0-9]{10})\.([1-9][0-9]?)?\.([\w-]{1,1024})?\.([\w-]{43})$/
const BASE64 = /^([0-9]{10})-((?:[A-Za-z0-9]|%2B|%2F){43})%3D$/
const BASE64URL = /^([0-9]{10})-([\w-]{43})$/

/** Undefined where the text is no token of that format. */
export function parseToken(text: string, format: LinkFormat): LinkToken | undefined {
  if (format === 'gatehouse') return parseOwn(text)
  const [, timestamp = '', encoded = ''] =
    (format === 'cloudflare' ? BASE64 : BASE64URL).exec(text) ?? []
  const mac = decodeMac(encoded.replaceAll('%2B', '-').replaceAll('%2F', '_'))
  return mac && { timestamp, segments: undefined, user: undefined, mac }
}

function parseOwn(text: string): LinkToken | undefined {
  const [, timestamp = '', segments, encodedUser, encodedMac = ''] = OWN.exec(text) ?? []
  const mac = decodeMac(encodedMac)
  const user = encodedUser === undefined ? undefined : decodeUser(encodedUser)
  if (!mac || (encodedUser !== undefined && user === undefined)) return undefined
  return { timestamp, segments: segments === undefined ? undefined : Number(segments), user, mac }
}

function decodeMac(text: string): LinkToken['mac'] | undefined {
  return isCanonicalBase64url(text) ? decodeBase64url(text) : undefined
}

function decodeUser(text: string): string | undefined {
  if (!isCanonicalBase64url(text)) return undefined
  try {
    return decodeUtf8(decodeBase64url(text))
  } catch {
    return undefined
  }
}

export function formatToken(token: LinkToken, format: LinkFormat): string {
  const { timestamp, segments, user } = token
  const mac = encodeBase64url(token.mac)
  if (format === 'cloudflare-s') return `${timestamp}-${mac}`
  if (format === 'cloudflare') {
    return `${timestamp}-${mac.replaceAll('-', '%2B').replaceAll('_', '%2F')}%3D`
  }
  const encodedUser = user === undefined ? '' : encodeBase64url(encodeUtf8(user))
  return `1.${timestamp}.${segments ?? ''}.${encodedUser}.${mac}`
}
