/** Conditional requests, answered from what is stored (RFC 9110 section 13). No I/O. */

/** What a 304 says beside its status (RFC 9110 section 15.4.5). */
const KEPT_IN_304 = new Set([
  'age',
  'cache-control',
  'cache-status',
  'content-location',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
])

/** Whether the client has already what is stored. `If-Modified-Since` counts only without `If-None-Match`. */
export function isNotModified(request: Headers, stored: Headers): boolean {
  const known = request.get('if-none-match')
  if (known !== null) {
    const etag = stored.get('etag')
    return known.trim() === '*' || (etag !== null && tags(known).includes(weak(etag)))
  }
  const since = Date.parse(request.get('if-modified-since') ?? '')
  const modified = Date.parse(stored.get('last-modified') ?? '')
  return since >= modified
}

/** Whether a request asks for what a cache leaves to the origin: a part, or a state that it must be in. */
export function isForOrigin(headers: Headers): boolean {
  return ['range', 'if-match', 'if-unmodified-since', 'upgrade'].some((name) => headers.has(name))
}

export function headersOf304(stored: Headers): Headers {
  return new Headers([...stored].filter(([name]) => KEPT_IN_304.has(name)))
}

/** The client's headers with the conditions of the cache instead of its own. */
export function revalidating(headers: Headers, stored: Headers): Headers {
  const result = unconditional(headers)
  const etag = stored.get('etag')
  const modified = stored.get('last-modified')
  if (etag !== null) result.set('if-none-match', etag)
  if (modified !== null) result.set('if-modified-since', modified)
  return result
}

export function unconditional(headers: Headers): Headers {
  const result = new Headers(headers)
  for (const name of ['if-none-match', 'if-modified-since', 'if-range']) result.delete(name)
  return result
}

/** The weak comparison of RFC 9110 section 8.8.3.2. */
function weak(etag: string): string {
  return etag.trim().replace(/^W\//, '')
}

function tags(list: string): string[] {
  return (list.match(/(?:W\/)?"[^"]*"/g) ?? []).map(weak)
}
