/** A body of a client's, read whole. */

import { GatewayError } from '../errors.ts'

/**
 * Its bytes; undefined where there are more than `maxBytes`, whatever Content-Length says. Rejects where the client
 * breaks off.
 */
export async function readBody(
  { body }: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!body) return new Uint8Array()
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.byteLength
    if (length > maxBytes) {
      // Not awaited: the client need not stop sending for the answer to go out.
      reader.cancel().catch(() => {})
      return undefined
    }
    chunks.push(value)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
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
