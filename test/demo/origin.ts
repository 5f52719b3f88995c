// The sample origin: answers with the request it received, so that one can see what the gateway
// let through and what it added.

/** The request as JSON: method, url, headers and body. */
export async function echo(request: Request): Promise<Response> {
  const { method, url } = request
  const seen = {
    method,
    url,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  }
  return new Response(`${JSON.stringify(seen, null, 2)}\n`, {
    headers: { 'content-type': 'application/json' },
  })
}
