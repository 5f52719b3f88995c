/** What a link's MAC is computed over. One function for who signs and who verifies. */

import { encodeUtf8 } from '../../lib/bytes.ts'
import type { LinkFormat, LinkToken } from './token.ts'

/** What a timestamp says: when the link was made, or when it ends. */
export type LinkMode = 'ttl' | 'expires'

export interface Signed {
  /** Lower case, without port. */
  readonly hostname: string
  /** Canonical: these bytes are forwarded. */
  readonly path: string
  /** As the client wrote it. */
  readonly rawPath: string
  /** The query before the token, with its question mark, as the client wrote it. */
  readonly search: string
  /** The client's address and the value of a cookie, where the entry binds them. */
  readonly address: string | undefined
  readonly cookie: string | undefined
}

/**
 * Undefined where there is nothing that such a token could have signed. In our own format every part has the
 * number of its bytes before it, so that no part can pass for the end of the one before (CVE-2022-29226).
 * Cloudflare's is the path and the query as they were received, and the timestamp.
 */
export function messageOf(
  token: Omit<LinkToken, 'mac'>,
  signed: Signed,
  mode: LinkMode,
  format: LinkFormat,
): string | undefined {
  const { timestamp, segments, user = '' } = token
  const { hostname, rawPath, search, address = '', cookie = '' } = signed
  if (format !== 'gatehouse') return rawPath + search + timestamp
  const isPrefix = segments !== undefined
  const path = isPrefix ? firstSegments(signed.path, segments) : signed.path
  if (path === undefined) return undefined
  const reach = isPrefix ? ['prefix', hostname, path, ''] : ['read', hostname, path, search]
  const parts = ['gatehouse-link-1', mode, ...reach, timestamp, user, address, cookie]
  return parts.map((part) => `${encodeUtf8(part).length}:${part}`).join('')
}

/** The path up to the end of a segment; undefined where it has fewer, or one of them is empty. */
function firstSegments(path: string, count: number): string | undefined {
  const segments = path.split('/', count + 1).slice(1)
  if (segments.length < count || segments.includes('')) return undefined
  return `/${segments.join('/')}`
}

/** An address in its one spelling; undefined for what is none. */
export function canonicalAddress(text: string): string | undefined {
  const isShaped = /^[\da-f.:]+$/i.test(text)
  const url = `http://${text.includes(':') ? `[${text}]` : text}`
  return isShaped && URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined
}
