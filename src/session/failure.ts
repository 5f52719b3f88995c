/** What went wrong with the issuer or the store, in the gateway's own errors. */

import { AuthorizationResponseError, ResponseBodyError } from 'oauth4webapi'
import { GatewayError } from '../errors.ts'

const RETRY_SECONDS = 5

/** There is no verdict: the session, if there is one, stays. */
export function unavailable(why: string, cause?: unknown): GatewayError {
  return new GatewayError('issuer_unavailable', {
    reason: why,
    retryAfterSeconds: RETRY_SECONDS,
    ...(cause !== undefined && { cause }),
  })
}

/** An answer that is wrong is a login that failed; no answer is an outage. */
export function toRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  // What fetchJson throws: there is no answer that could be judged.
  const isOutage = !(error instanceof Error) || error.constructor === Error
  if (isOutage) return unavailable(describe(error), error)
  return new GatewayError('login_failed', { reason: explain(error), cause: error })
}

/** With the code of the issuer, which is one of a list; never with its text. */
export function explain(error: unknown): string {
  const isAnswer = error instanceof ResponseBodyError || error instanceof AuthorizationResponseError
  if (isAnswer && /^[\w.-]{1,64}$/.test(error.error)) return `the issuer answered ${error.error}`
  return describe(error)
}

export function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown'
}
