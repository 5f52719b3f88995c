// What can go wrong at an issuer, as answers of `fetch`: shared by the issuer that tests inject and
// the one that listens on a socket. Each fault carries a valid document as far as it can, so that a
// client without the matching guard would accept it.

/**
 * How an issuer's endpoint behaves.
 * - `ok` answers
 * - `error` 500, `not_found` 404
 * - `unreachable` no connection
 * - `hang` no answer until `release()` or until the caller gives up
 * - `redirect` 302 to a place that has the document
 * - `html` 200 with a page
 * - `huge` the document padded with blanks to 1 MiB, without a length
 * - `endless` the document and blanks that never end
 * - `half` the connection dies in the middle of the body
 * - `{ delayMs }` the answer, later
 */
export type IssuerMode =
  | 'ok'
  | 'error'
  | 'not_found'
  | 'unreachable'
  | 'hang'
  | 'redirect'
  | 'html'
  | 'huge'
  | 'endless'
  | 'half'
  | { delayMs: number }

/** Query that marks the target of a `redirect` fault. */
export const MOVED = 'moved'

const CHUNK_BYTES = 64 * 1024
const HUGE_BYTES = 1024 * 1024

/** Answers `request` as `mode` says. `released` settles when a hanging answer may go out. */
export async function answerInMode(
  mode: IssuerMode,
  request: Request,
  released: Promise<void>,
  answer: () => Promise<Response>,
): Promise<Response> {
  if (typeof mode === 'object') {
    const delay = new Promise<void>((resolve) => setTimeout(resolve, mode.delayMs))
    await unlessAborted(delay, request.signal)
    return answer()
  }
  switch (mode) {
    case 'ok':
      return answer()
    case 'error':
      return new Response('{"error":"server_error"}', { status: 500, headers: JSON_TYPE })
    case 'not_found':
      return new Response('not found', { status: 404 })
    case 'unreachable':
      throw new TypeError('test issuer: connection refused')
    case 'hang':
      await unlessAborted(released, request.signal)
      return answer()
    case 'redirect':
      return redirected(request, answer)
    case 'html':
      return new Response('<!doctype html><title>Sign in</title>', {
        headers: { 'content-type': 'text/html; charset=utf-8' },
      })
    case 'huge':
      return padded(await answer(), HUGE_BYTES)
    case 'endless':
      return padded(await answer(), Number.POSITIVE_INFINITY)
    case 'half':
      return broken(await answer())
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }

// What the platform's fetch does with the redirect mode of a request.
async function redirected(request: Request, answer: () => Promise<Response>): Promise<Response> {
  const location = new URL(request.url)
  if (request.redirect === 'follow' || location.searchParams.has(MOVED)) return answer()
  if (request.redirect === 'error') throw new TypeError('test issuer: unexpected redirect')
  location.searchParams.set(MOVED, '1')
  return new Response(null, { status: 302, headers: { location: location.href } })
}

async function padded(response: Response, bytes: number): Promise<Response> {
  const document = new Uint8Array(await response.arrayBuffer())
  const blanks = new Uint8Array(CHUNK_BYTES).fill(0x20)
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = sent === 0 ? document : blanks
      controller.enqueue(chunk.slice())
      sent += chunk.byteLength
      if (sent >= bytes) controller.close()
    },
  })
  return new Response(body, { status: response.status, headers: JSON_TYPE })
}

async function broken(response: Response): Promise<Response> {
  const document = new Uint8Array(await response.arrayBuffer())
  let started = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (started) return controller.error(new Error('test issuer: connection lost'))
      started = true
      controller.enqueue(document.slice(0, document.byteLength >> 1))
    },
  })
  return new Response(body, { status: response.status, headers: JSON_TYPE })
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}
