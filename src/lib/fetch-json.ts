/**
 * Small JSON documents from a server we know but do not trust to be well: with a deadline, a limit in
 * bytes, no redirects and no HTTP cache in between.
 */

import { parseExact } from './exact-json.ts'
import type { Fetch } from './fetch.ts'

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
  /** The parsed body, with the digits of its numbers; undefined where it is not JSON. */
  body: unknown
}

/** There is an answer, and it is larger than allowed. */
export class AnswerTooLarge extends Error {}

/** There is an answer, and it is none that can be used. */
class Answered extends Error {}

/**
 * Fetches `url`. Throws where there is no answer in time, where it is a redirect, or where it is larger
 * than allowed; any other status is an answer. What it throws names the origin of `url`, and nothing else of it.
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<JsonAnswer> {
  const { origin } = new URL(url)
  try {
    return await exchange(url, options)
  } catch (error) {
    const message = `${origin} ${describe(error)}`
    throw error instanceof AnswerTooLarge
      ? new AnswerTooLarge(message)
      : new Error(message, { cause: error })
  }
}

async function exchange(url: string, options: FetchJsonOptions): Promise<JsonAnswer> {
  options.signal.throwIfAborted()
  const request = new Request(url, {
    ...options.init,
    headers: { accept: 'application/json', ...options.init?.headers },
    redirect: 'manual',
    // A copy out of an HTTP cache would stretch every age that the caller counts from now.
    cache: 'no-store',
    signal: options.signal,
  })
  // A binding need not listen to the request's signal, so the wait itself has to end.
  const late = rejectOnAbort(options.signal)
  const response = await Promise.race([options.fetch(request), late])
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel()
    throw new Answered(`answered with a redirect (${response.status})`)
  }
  return { status: response.status, body: parse(await readText(response, options.maxBytes, late)) }
}

/** A promise for races: it never fulfils, and rejects with the signal. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

async function readText(
  response: Response,
  maxBytes: number,
  late: Promise<never>,
): Promise<string> {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late])
      if (done) return text + decoder.decode()
      bytes += value.byteLength
      if (bytes > maxBytes) throw new AnswerTooLarge(`answered with more than ${maxBytes} bytes`)
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    // Not awaited: what did not end by itself need not end when it is asked to.
    reader.cancel().catch(() => {})
    throw error
  }
}

function describe(error: unknown): string {
  if (error instanceof AnswerTooLarge || error instanceof Answered) return error.message
  return `did not answer: ${error instanceof Error ? error.message : 'unknown'}`
}

function parse(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}
