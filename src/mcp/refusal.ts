/** Refusals as an MCP client reads them: an HTTP status, and a JSON-RPC error with the problem in `data`. */

import { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../errors.ts'

/** JSON-RPC 2.0 section 5.1, and of the protocol's own those of its page "Streamable HTTP", section Server Validation. */
export const RPC = {
  parse: -32_700,
  invalid: -32_600,
  unknownMethod: -32_601,
  invalidParams: -32_602,
  /** A caller may not. The protocol has no number for it, and wants those of others outside its own range. */
  refused: 403,
  headerMismatch: -32_020,
} as const

/** As it was sent; undefined where it is not known. */
export type RpcId = unknown

/** A refusal of a message with this `id`. */
export function refused(
  code: ErrorCode,
  rpc: number,
  id: RpcId,
  options: GatewayErrorOptions,
): GatewayError {
  return new GatewayError(code, { ...options, envelope: envelope(rpc, id) })
}

/** The same refusal, in the words of the protocol. */
export function inWords(error: GatewayError, id: RpcId): GatewayError {
  return new GatewayError(error.code, {
    ...error.options,
    envelope: envelope(RPC.refused, id),
  })
}

function envelope(code: number, id: RpcId): NonNullable<GatewayErrorOptions['envelope']> {
  return (problem) => ({
    jsonrpc: '2.0',
    // The newer revisions leave it out where it is not known, and the older ones let it be null.
    ...(id !== undefined && { id }),
    error: { code, message: `${problem.title}. ${problem.detail}`, data: problem },
  })
}
