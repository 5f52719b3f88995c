// The bad days of each endpoint. No timers: a held call goes on when the test says so, or never.

import { empty, generalError, oauthError } from './answer.ts'

const ENDPOINTS = [
  'discovery',
  'jwks',
  'introspect',
  'token',
  'userinfo',
  'logout',
  'login',
  'publicKey',
  'validate',
  'revoke',
  'other',
] as const

export type Endpoint = (typeof ENDPOINTS)[number]

export type Mode =
  | 'ok'
  /** "A stack trace is provided and logged"; empty for /api. [documented] */
  | '500'
  /** "The search index is not available", with a JSON body. [documented] */
  | '503'
  /** Answers after `release()`, or never. */
  | 'held'
  /** No connection. */
  | 'down'
  /** A whole body that is no JSON. */
  | 'malformed'
  /** A body that breaks off in the middle. */
  | 'half'
  /** The maintenance page of whatever stands before it, with 200. */
  | 'html'
  /** The right answer, behind 32 MiB of white space, which JSON allows. */
  | 'huge'
  /** To a place that gives the right answer: who follows, succeeds. */
  | 'redirect'

export interface Faults {
  mode: Record<Endpoint, Mode>
  /** Lets every held call answer as if nothing had been. */
  release(): void
  apply(endpoint: Endpoint, request: Request, answer: () => Promise<Response>): Promise<Response>
}

const MIB = 1024 * 1024
const HUGE_MIB = 32
/** Where `redirect` leads; the rest of the path follows. */
export const ELSEWHERE = '/elsewhere'

/** The same value for every endpoint. */
export function perEndpoint<T>(value: T): Record<Endpoint, T> {
  return Object.fromEntries(ENDPOINTS.map((one) => [one, value])) as Record<Endpoint, T>
}

export function createFaults(): Faults {
  const mode = perEndpoint<Mode>('ok')
  let held: (() => void)[] = []
  return {
    mode,
    release() {
      for (const go of held) go()
      held = []
    },
    async apply(endpoint, request, answer) {
      request.signal.throwIfAborted()
      switch (mode[endpoint]) {
        case 'ok':
          return answer()
        case '500':
          return endpoint === 'login' || endpoint === 'validate'
            ? empty(500)
            : oauthError(500, 'server_error', 'unknown') // body [inferred]
        case '503':
          return generalError(503, '[searchUnavailable]', 'The search index is not available.')
        case 'held':
          await new Promise<void>((resolve, reject) => {
            held.push(resolve)
            request.signal.addEventListener('abort', () => reject(request.signal.reason))
          })
          return answer()
        case 'down':
          throw new TypeError('fetch failed')
        case 'malformed':
          return new Response('{"keys":[{"kty":', { headers: JSON_TYPE })
        case 'html':
          return new Response('<!doctype html><title>Back soon</title>', {
            headers: { 'content-type': 'text/html;charset=UTF-8' },
          })
        case 'half':
          return new Response(breaking(await (await answer()).bytes()), { headers: JSON_TYPE })
        case 'huge':
          return new Response(padded(await (await answer()).bytes()), { headers: JSON_TYPE })
        case 'redirect':
          return redirected(request, answer)
      }
    },
  }
}

const JSON_TYPE = { 'content-type': 'application/json;charset=UTF-8' }

function redirected(request: Request, answer: () => Promise<Response>): Promise<Response> {
  // As fetch would: whoever asked to follow has followed.
  if (request.redirect === 'follow') return answer()
  const url = new URL(request.url)
  const location = `${url.origin}${ELSEWHERE}${url.pathname}${url.search}`
  return Promise.resolve(new Response(null, { status: 302, headers: { location } }))
}

function breaking(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const half = [bytes.subarray(0, bytes.length >> 1)]
  return new ReadableStream({
    pull(controller) {
      const next = half.pop()
      if (next === undefined) controller.error(new TypeError('terminated'))
      else controller.enqueue(next)
    },
  })
}

function padded(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let sent = 0
  return new ReadableStream({
    pull(controller) {
      if (sent++ < HUGE_MIB) return controller.enqueue(new Uint8Array(MIB).fill(32))
      controller.enqueue(bytes)
      controller.close()
    },
  })
}
