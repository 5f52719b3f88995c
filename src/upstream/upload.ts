/**
 * A request body on its way to the origin, watched, so that the time a client takes to send it is not held
 * against the origin. Small bodies are not watched: they are there at once, and watching costs.
 */

import { chunksOf } from '../lib/chunks.ts'

/** Of bodies that say how long they are; others are watched whatever they turn out to be. */
const WATCHED_FROM_BYTES = 65_536

export interface Upload {
  readonly body: ReadableStream<Uint8Array>
  /** Ends the request to the origin where the client's part cannot be read, or is too long. */
  readonly signal: AbortSignal
  /** Ends the body with an error, for a handler. What reads it for a request that is sent on would take that for its end. */
  fail(reason: unknown): void
  /** Since when it is the origin's turn, in milliseconds of the platform's clock; undefined while it is the client's. */
  originTurnSinceMs(): number | undefined
}

/** Counts bytes of one body as they come. Throws where there are too many. */
export type ByteCount = (bytes: number) => void

/**
 * Undefined for a body that is small, or none. With a count there is a watch whatever it says of its length, and a
 * byte too many breaks it off.
 */
export function watchUpload(request: Request, count?: ByteCount): Upload | undefined {
  const { body, headers } = request
  if (!body) return undefined
  const text = headers.get('content-length')
  const length = text === null ? undefined : Number(text)
  if (!count && length !== undefined && length < WATCHED_FROM_BYTES) return undefined
  const chunks = chunksOf(body)
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
  const sink = writable.getWriter()
  // Not by aborting the stream: the runtime would end the body as if it were whole (seen on workerd).
  const broken = new AbortController()
  let turnSinceMs: number | undefined

  const read = async () => {
    turnSinceMs = undefined
    try {
      const chunk = await chunks.next()
      if (chunk) count?.(chunk.byteLength)
      return chunk
    } catch (error) {
      broken.abort(error)
      throw error
    } finally {
      turnSinceMs = Date.now()
    }
  }

  const pump = async () => {
    for (let chunk = await read(); chunk; chunk = await read()) await sink.write(chunk)
    await sink.close()
  }

  // Where nobody takes it any more, the client need not go on either.
  pump().catch(chunks.cancel)
  return {
    body: readable,
    signal: broken.signal,
    fail: (reason) => void sink.abort(reason).catch(() => {}),
    originTurnSinceMs: () => turnSinceMs,
  }
}
