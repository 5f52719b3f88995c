/** `Cache-Status` (RFC 9211): what the cache has done. */

/** The same response with a member of our own, after those of caches that are nearer to the origin. */
export function mark(response: Response, parameters: string): Response {
  if (response.webSocket) return response
  const result = new Response(response.body, response)
  result.headers.append('cache-status', `Gatehouse; ${parameters}`)
  return result
}
