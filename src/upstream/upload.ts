/**
 * A request body on its way to the origin, watched, so that the time a client takes to send it is not held
 * against the origin. Small bodies are not watched: they are there at once, and watching costs.
 */

import { bytesOf } from '../lib/chunks.ts'

/** Of bodies that say how long they are; others are watched whatever they turn out to be. */
const WATCHED_FROM_BYTES = 65_536

export interface Upload {
  readonly body: ReadableStream<Uint8Array>
  /** Ends the request to the origin where the client's part cannot be read. */
  readonly signal: AbortSignal
  /** Since when it is the origin's turn, in milliseconds of the platform's clock; undefined while it is the client's. */
  originTurnSinceMs(): number | undefined
}

/** Undefined for a body that is small, or none, or does not come from the network. */
export function watchUpload(request: Request): Upload | undefined {
  const { body, headers } = request
  if (!body) return undefined
  const text = headers.get('content-length')
  const length = text === null ? undefined : Number(text)
  if (length !== undefined && length < WATCHED_FROM_BYTES) return undefined
  const chunks = bytesOf(body)
  if (!chunks) return undefined
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
  const sink = writable.getWriter()
  // Never by aborting the stream: the runtime would end the body as if it were whole (seen on workerd).
  const broken = new AbortController()
  let turnSinceMs: number | undefined

  const read = async () => {
    turnSinceMs = undefined
    try {
      return await chunks.next()
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
  return { body: readable, signal: broken.signal, originTurnSinceMs: () => turnSinceMs }
}
