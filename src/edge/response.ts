/** The origin's response as the client gets it. The body passes untouched and unread. */

import { isPrivateToOrigin, namesInConnection } from '../upstream/header-names.ts'

/** A year: RFC 6797 section 6.1.1. Without subdomains, which may not be ours to speak for. */
const STRICT_TRANSPORT_SECURITY = 'max-age=31536000'

export interface AnswerRules {
  readonly isSecure: boolean
  /** A response to one caller must not be kept for another one. */
  readonly isPublic: boolean
  /** Rewrites a `Location` that names the origin; undefined where there is nothing to rewrite. */
  readonly mapLocation?: (location: string) => string
}

export function answer(response: Response, rules: AnswerRules): Response {
  const { webSocket } = response
  const result = webSocket
    ? new Response(null, { status: 101, headers: response.headers, webSocket })
    : new Response(response.body, response)
  const { headers } = result
  const names = new Set(response.headers.keys())
  for (const name of names) if (isPrivateToOrigin(name)) headers.delete(name)
  if (names.has('connection')) {
    for (const name of namesInConnection(response.headers)) {
      headers.delete(name)
      names.delete(name)
    }
  }
  // A switched connection leads nowhere else and is kept by nobody.
  if (webSocket) return result
  const location = names.has('location') ? headers.get('location') : null
  if (location !== null && rules.mapLocation) headers.set('location', rules.mapLocation(location))
  if (!rules.isPublic && !names.has('cache-control')) {
    headers.set('cache-control', 'private, no-store')
  }
  if (rules.isSecure && !names.has('strict-transport-security')) {
    headers.set('strict-transport-security', STRICT_TRANSPORT_SECURITY)
  }
  return result
}
