/** The origin's response as the client gets it. The body passes untouched and unread. */

import type { Finish } from '../auth/scheme.ts'
import { isPrivateToOrigin, namesIn, namesInConnection } from '../upstream/header-names.ts'

/** A year: RFC 6797 section 6.1.1. Without subdomains, which may not be ours to speak for. */
const STRICT_TRANSPORT_SECURITY = 'max-age=31536000'

export interface AnswerRules {
  readonly isSecure: boolean
  /** A response to one caller must not be kept for another one. */
  readonly isPublic: boolean
  /** Rewrites a `Location` that names the origin; undefined where there is nothing to rewrite. */
  readonly mapLocation?: (location: string) => string
}

/** The response without what is between origin and gateway, and safe to give away; itself where it is both. */
export function answer(response: Response, rules: AnswerRules): Response {
  const { headers } = response
  const names = namesIn(headers)
  const removed = names.filter(isPrivateToOrigin)
  if (removed.includes('connection')) removed.push(...namesInConnection(headers))
  const has = (name: string) => names.includes(name) && !removed.includes(name)
  const added = response.webSocket ? [] : additions(headers, has, rules)
  if (removed.length === 0 && added.length === 0) return response
  const result = copy(response)
  for (const name of removed) result.headers.delete(name)
  for (const [name, value] of added) result.headers.set(name, value)
  return result
}

/** A switched connection gets none of these: it leads nowhere else and is kept by nobody. */
function additions(
  headers: Headers,
  has: (name: string) => boolean,
  { isSecure, isPublic, mapLocation }: AnswerRules,
): [name: string, value: string][] {
  const added: [string, string][] = []
  if (mapLocation && has('location')) {
    const location = headers.get('location') ?? ''
    const mapped = mapLocation(location)
    if (mapped !== location) added.push(['location', mapped])
  }
  if (!isPublic && !has('cache-control')) added.push(['cache-control', 'private, no-store'])
  if (isSecure && !has('strict-transport-security')) {
    added.push(['strict-transport-security', STRICT_TRANSPORT_SECURITY])
  }
  return added
}

/** Lets the features of a request change the headers of its answer, in their order. */
export function finish(response: Response, finishes: readonly Finish[]): Response {
  if (finishes.length === 0) return response
  const result = copy(response)
  for (const apply of finishes) apply(result.headers, result.status)
  return result
}

/** The same response with headers that can be changed. */
function copy(response: Response): Response {
  const { webSocket } = response
  return webSocket
    ? new Response(null, { status: 101, headers: response.headers, webSocket })
    : new Response(response.body, response)
}
