// An origin that answers as it is told, and says everything that bears on storing.

import type { Control } from './cache-model.ts'

/** What the origin does when it is asked. */
export interface Answer {
  readonly status: number
  readonly control: Control
  /** How the directives are spelled. */
  readonly spelling: (directive: string) => string
  readonly expires?: number | undefined
  readonly age: number
  readonly vary: readonly string[]
  readonly hasCookie: boolean
  readonly isStream: boolean
  readonly validators: 'etag' | 'date' | 'both' | 'none'
  readonly bytes: number
  readonly length: 'true' | 'none' | 'short' | 'breaks'
  /** To a condition. `other` is about something that nobody has asked for. */
  readonly validates: 'no' | 'whole' | 'bare' | 'other'
  readonly isDown: boolean
  /** Turns of the event loop before it answers. */
  readonly turns: number
}

/** A second for each body. */
export const EPOCH = Date.UTC(2020, 0, 1)
const dateOf = (id: number) => new Date(EPOCH + id * 1_000).toUTCString()

export function tellsOf({ control, expires, age, vary, hasCookie }: Answer) {
  return { control, expires, age, vary: vary.map((name) => name.toLowerCase()), hasCookie }
}

/** To a condition that names what the client has. */
export function notModified(answer: Answer, id: number, now: number): Response {
  const isBare = answer.validates === 'bare'
  const headers = isBare ? new Headers() : headersOf(answer, now)
  if (answer.hasCookie) headers.append('set-cookie', 'a=secret-cookie')
  headers.set('content-location', `/answers/${id}`)
  if (!isBare) headers.set('etag', answer.validates === 'other' ? '"other"' : `"${id}"`)
  return new Response(null, { status: 304, headers })
}

/** The body says whose headers it has. */
export function whole(answer: Answer, id: number, now: number, isEmpty: boolean): Response {
  const { status, isStream, length, bytes, validators } = answer
  const headers = headersOf(answer, now)
  headers.set('content-location', `/answers/${id}`)
  if (['etag', 'both'].includes(validators)) headers.set('etag', `"${id}"`)
  if (['date', 'both'].includes(validators)) headers.set('last-modified', dateOf(id))
  if (answer.hasCookie) headers.append('set-cookie', 'a=secret-cookie')
  if (isStream) headers.set('content-type', 'text/event-stream')
  const text = `#${id}:`.padEnd(isEmpty ? 0 : bytes, '.')
  if (length === 'true') headers.set('content-length', `${text.length}`)
  if (length === 'short') headers.set('content-length', `${text.length + 5}`)
  return new Response(isEmpty ? null : streamOf(text, length === 'breaks'), { status, headers })
}

function headersOf({ control, spelling, expires, age, vary }: Answer, now: number): Headers {
  const { maxAge, sMaxage, whileRevalidate, ifError, flags } = control
  const directives: string[] = [...flags]
  if (maxAge !== undefined) directives.push(`max-age=${maxAge}`)
  if (sMaxage !== undefined) directives.push(`s-maxage=${sMaxage}`)
  if (whileRevalidate !== undefined) directives.push(`stale-while-revalidate=${whileRevalidate}`)
  if (ifError !== undefined) directives.push(`stale-if-error=${ifError}`)
  const headers = new Headers({ date: new Date(now * 1_000).toUTCString() })
  if (directives.length > 0) headers.set('cache-control', directives.map(spelling).join(', '))
  if (vary.length > 0) headers.set('vary', vary.join(', '))
  if (age > 0) headers.set('age', `${age}`)
  if (expires !== undefined) {
    headers.set('expires', new Date((now + expires) * 1_000).toUTCString())
  }
  return headers
}

function streamOf(text: string, breaks: boolean): ReadableStream<Uint8Array> {
  const chunks = [text.slice(0, text.length / 2), text.slice(text.length / 2)]
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift()
      if (chunk === undefined) controller.close()
      else if (breaks && chunks.length === 0) controller.error(new Error('it breaks off'))
      else controller.enqueue(new TextEncoder().encode(chunk))
    },
  })
}

/** Of the body that the request has already, as its conditions say. */
export function knownBy(headers: Headers): number | undefined {
  const tag = /"(\d+)"/.exec(headers.get('if-none-match') ?? '')?.[1]
  if (tag !== undefined) return Number(tag)
  const since = Date.parse(headers.get('if-modified-since') ?? '')
  return Number.isNaN(since) ? undefined : (since - EPOCH) / 1_000
}
