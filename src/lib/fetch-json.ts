/**
 * Small JSON documents from a server we know but do not trust to be well: with a deadline, a limit in
 * bytes, no redirects and no HTTP cache in between.
 */

/** Anything with `fetch`: the global one, a service binding, an mTLS certificate, a VPC service. */
export type Fetch = (request: Request) => Promise<Response>

export interface FetchJsonOptions {
  fetch: Fetch
  /** Ends the exchange, body included. */
  signal: AbortSignal
  /** Bytes of body that are read at the most. */
  maxBytes: number
  init?: RequestInit
}

export interface JsonAnswer {
  status: number
  /** The parsed body; undefined where it is not JSON. */
  body: unknown
}

/**
 * Fetches `url`. Throws where there is no answer in time, where it is a redirect, or where it is larger
 * than allowed; any other status is an answer.
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<JsonAnswer> {
  const request = new Request(url, {
    ...options.init,
    headers: { accept: 'application/json', ...options.init?.headers },
    redirect: 'manual',
    // A copy out of an HTTP cache would stretch every age that the caller counts from now.
    cache: 'no-store',
    signal: options.signal,
  })
  const response = await Promise.race([options.fetch(request), rejectOnAbort(options.signal)])
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel()
    throw new Error(`answered with a redirect (${response.status})`)
  }
  return { status: response.status, body: parse(await readText(response, options)) }
}

/** A binding need not listen to the request's signal, so the wait itself has to end. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

async function readText(
  response: Response,
  { maxBytes, signal }: FetchJsonOptions,
): Promise<string> {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const stop = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', stop)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return text + decoder.decode()
      bytes += value.byteLength
      if (bytes > maxBytes) {
        stop()
        throw new Error(`answered with more than ${maxBytes} bytes`)
      }
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
