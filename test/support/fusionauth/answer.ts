// The forms in which FusionAuth answers: JSON, OAuthError, Errors, or nothing at all. The codes are
// the official client's own types. Descriptions are this project's words: clients must not read them.

import type { OAuthErrorReason, OAuthErrorType } from '@fusionauth/typescript-client'

export interface OAuthErrorBody {
  error: `${OAuthErrorType}`
  error_reason?: `${OAuthErrorReason}`
}

/** A JSON body. */
export function json(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
  })
}

/** An OAuthError, the form of the /oauth2 endpoints. [documented] */
export function oauthError(
  status: number,
  error: OAuthErrorBody['error'],
  reason: `${OAuthErrorReason}`,
): Response {
  return json(status, {
    error,
    error_description: `The request was refused: ${reason.replaceAll('_', ' ')}.`,
    error_reason: reason,
  })
}

/** Errors on fields, the form of the /api endpoints. [documented] */
export function fieldErrors(...names: string[]): Response {
  const errors = names.map((name) => [
    name,
    [{ code: `[blank]${name}`, message: `You must provide ${name}.` }],
  ])
  return json(400, { fieldErrors: Object.fromEntries(errors), generalErrors: [] })
}

/** An error that no field is to blame for. [documented] */
export function generalError(status: number, code: string, message: string): Response {
  return json(status, { fieldErrors: {}, generalErrors: [{ code, message }] })
}

/** Many 401 and 404 of the /api endpoints have no body. [documented] */
export function empty(status: number): Response {
  return new Response(null, { status })
}
