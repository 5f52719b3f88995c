/** A body, piece by piece. */

/** The default reader gives 4 KiB at a time. */
const CHUNK_BYTES = 131_072

export interface Chunks {
  /** Good until the next is asked for; undefined at the end of the body. */
  next(): Promise<Uint8Array | undefined>
  /** Nothing more is wanted. */
  cancel(reason: unknown): void
}

/** In pieces of the size that we ask for, where the body comes from the network; else as they were made. */
export function chunksOf(body: ReadableStream<Uint8Array>): Chunks {
  const reader = byteReader(body)
  if (!reader) return piecesOf(body)
  let buffer: ArrayBufferLike = new ArrayBuffer(CHUNK_BYTES)
  return {
    async next() {
      const { done, value } = await reader.read(new Uint8Array(buffer as ArrayBuffer))
      if (done || !value) return undefined
      buffer = value.buffer
      return value
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  }
}

/** Undefined where the body does not come from the network. */
export function byteReader(body: ReadableStream): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
}

function piecesOf(body: ReadableStream<Uint8Array>): Chunks {
  const reader = body.getReader()
  return {
    next: async () => (await reader.read()).value,
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  }
}
