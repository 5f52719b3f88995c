/**
 * A request body on its way to the origin, watched, so that the time a client takes to send it is not held
 * against the origin. Small bodies are not watched: they are there at once, and watching costs.
 */

/** Of bodies that say how long they are; others are watched whatever they turn out to be. */
const WATCHED_FROM_BYTES = 65_536
const CHUNK_BYTES = 131_072

export interface Upload {
  readonly body: ReadableStream<Uint8Array>
  /** Since when it is the origin's turn, in milliseconds of the platform's clock; undefined while it is the client's. */
  originTurnSinceMs(): number | undefined
  /** Resolves when nothing is left to send, or nobody is left to send it to. */
  readonly ended: Promise<void>
}

/** Undefined for a body that is small, or none, or does not come from the network. */
export function watchUpload(request: Request): Upload | undefined {
  const { body, headers } = request
  if (!body) return undefined
  const text = headers.get('content-length')
  const length = text === null ? undefined : Number(text)
  if (length !== undefined && length < WATCHED_FROM_BYTES) return undefined
  const source = byteReader(body)
  if (!source) return undefined
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
  let turnSinceMs: number | undefined

  async function pump(from: ReadableStreamBYOBReader, to: WritableStreamDefaultWriter) {
    for (let buffer = new ArrayBuffer(CHUNK_BYTES); ; ) {
      turnSinceMs = undefined
      const { done, value } = await from.read(new Uint8Array(buffer))
      turnSinceMs = Date.now()
      if (done) return to.close()
      await to.write(value)
      buffer = value.buffer as ArrayBuffer
    }
  }

  const sink = writable.getWriter()
  const ended = pump(source, sink).catch(async (error: unknown) => {
    // One side is gone: the other one need not wait for it.
    await Promise.allSettled([source.cancel(error), sink.abort(error)])
  })
  return { body: readable, ended, originTurnSinceMs: () => turnSinceMs }
}

/** Chunks of the size that we ask for; the default reader gives 4 KiB at a time. */
function byteReader(body: ReadableStream): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
}
