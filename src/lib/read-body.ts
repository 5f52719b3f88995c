/** A body that is read whole. */

import { GatewayError } from '../errors.ts'
import { byteReader } from './chunks.ts'

/** What is made ready for a body that only says that it will come, and may take its time. */
const MAX_AT_ONCE = 65_536

/**
 * Its bytes; undefined where there are more than `maxBytes`, or Content-Length says so. Rejects where the sender breaks
 * off. A small one that says its length is read at once, by the way that costs the runtime least (bench/README.md).
 */
export async function readBody(
  { body, headers }: Request | Response,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!body) return new Uint8Array()
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (length > maxBytes) {
    body.cancel().catch(() => {})
    return undefined
  }
  // Without its coding, it is of another length.
  const isTold = length > 0 && length <= MAX_AT_ONCE && !headers.has('content-encoding')
  const reader = isTold ? byteReader(body) : undefined
  if (!reader) return readPieces(body, maxBytes)
  // One byte more than there should be, so that the end is seen, and what is longer.
  const { value } = await reader.readAtLeast(length + 1, new Uint8Array(length + 1))
  const start = (value as Uint8Array<ArrayBuffer> | undefined) ?? new Uint8Array()
  if (start.byteLength <= length) return start
  if (start.byteLength > maxBytes) {
    reader.cancel().catch(() => {})
    return undefined
  }
  reader.releaseLock()
  const rest = await readPieces(body, maxBytes - start.byteLength)
  return rest && joined([start, rest])
}

async function readPieces(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = body.getReader()
  const pieces: Uint8Array[] = []
  let total = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return joined(pieces)
    total += value.byteLength
    if (total > maxBytes) {
      // Not awaited: the sender need not stop for an answer to go out.
      reader.cancel().catch(() => {})
      return undefined
    }
    pieces.push(value)
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}

/** The same for an endpoint of the gateway's own. Throws `body_too_large`, and `invalid_request` for one that breaks off. */
export async function readOwnBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = await readBody(request, maxBytes).catch((cause: unknown) => {
    throw new GatewayError('invalid_request', { reason: 'the request body is broken', cause })
  })
  if (body) return body
  throw new GatewayError('body_too_large', { reason: `the body has more than ${maxBytes} bytes` })
}
