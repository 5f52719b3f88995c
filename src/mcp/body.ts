/** The bytes of a message, up to a limit. */

import type { GatewayError } from '../errors.ts'
import { readBody } from '../lib/read-body.ts'
import { RPC, refused } from './refusal.ts'

/** RFC 9110 section 8.3; a charset other than UTF-8 is none that JSON has (RFC 8259 section 8.1). */
const JSON_TYPE = /^application\/json[\t ]*(?:;[\t ]*charset="?utf-8"?[\t ]*)?$/i

/**
 * Reads the body of a request. Throws `unsupported_media_type` for another type or a compressed body, `body_too_large`,
 * and `invalid_request` where the body ends early.
 */
export async function readMessageBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { headers, body } = request
  const coding = headers.get('content-encoding')
  if (coding !== null && !/^identity$/i.test(coding)) {
    throw unread('unsupported_media_type', 'the body is compressed')
  }
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) {
    throw unread('unsupported_media_type', 'the body is not application/json')
  }
  const announced = headers.get('content-length')
  const length = announced === null ? undefined : Number(announced)
  if (!body) throw unread('invalid_request', 'there is no body')
  const bytes = await readBody(request, maxBytes).catch((cause: unknown) => {
    throw refused('invalid_request', RPC.parse, undefined, {
      reason: 'the request body is broken',
      cause,
    })
  })
  if (!bytes) throw tooLarge(maxBytes)
  if (length !== undefined && bytes.byteLength !== length) {
    throw unread('invalid_request', 'the body is not as long as Content-Length says')
  }
  return bytes
}

function tooLarge(maxBytes: number): GatewayError {
  return refused('body_too_large', RPC.invalid, undefined, {
    reason: `the body is longer than ${maxBytes} bytes`,
    detail: `A message has at most ${maxBytes} bytes here.`,
  })
}

function unread(code: 'invalid_request' | 'unsupported_media_type', reason: string): GatewayError {
  return refused(code, RPC.invalid, undefined, { reason })
}
