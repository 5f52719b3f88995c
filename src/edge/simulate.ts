/**
 * Rules that are tried out: whoever would be refused is logged and let through, as nobody, to a service that checks
 * credentials itself.
 */

import type { Principal } from '../auth/principal.ts'
import { GatewayError } from '../errors.ts'
import type { Trace, Traceable } from '../operate/trace.ts'

/**
 * The callers of a request, or none where they would be refused for who they are (any 401) or for what they may
 * (`insufficient_scope`, `forbidden`): then the trace has the refusal. Every other refusal stands, as does an outage.
 */
export async function simulate<Route extends Traceable>(
  callers: Promise<readonly Principal[]>,
  trace: Trace<Route>,
): Promise<readonly Principal[]> {
  try {
    return await callers
  } catch (error) {
    if (!(error instanceof GatewayError) || !isCovered(error)) throw error
    trace.simulated ??= error
    return []
  }
}

function isCovered({ status, code }: GatewayError): boolean {
  return status === 401 || code === 'insufficient_scope' || code === 'forbidden'
}
