/**
 * The one error class of the gateway and the one table of its codes. A code is a public contract:
 * clients, dashboards and tests rely on it. What is wrong in detail goes to the log, never to the wire.
 */

/** Every error code: its HTTP status, a title for people, and what the caller can do about it. */
export const ERROR_CODES = {
  invalid_request: [400, 'The request is malformed', 'Check the request line and the headers.'],
  path_ambiguous: [
    400,
    'The path can be read in more than one way',
    'Send the path without encoded separators, empty segments, backslashes, semicolons or broken escapes.',
  ],
  multiple_credentials: [
    400,
    'More than one credential was sent',
    'Send exactly one credential, once.',
  ],
  login_failed: [
    400,
    'Signing in did not work',
    'Start again from the page that you wanted to see.',
  ],
  operation_unknown: [
    400,
    'No tool, prompt or resource of this name is here',
    'Ask the server for its list, and use a name from there.',
  ],
  credential_missing: [
    401,
    'A credential is required',
    'Send what this path takes, for example an access token in the header "Authorization: Bearer <token>".',
  ],
  invalid_token: [
    401,
    'The access token is not valid',
    'Get a new access token from the issuer of this API and try again.',
  ],
  invalid_dpop_proof: [
    401,
    'The DPoP proof is not valid',
    'Send one new proof with each request, for its method and its address, made with the key of the token.',
  ],
  use_dpop_nonce: [
    401,
    'The DPoP proof needs a nonce',
    'Send the request again with a new proof that has the value of the DPoP-Nonce header as its nonce.',
  ],
  api_key_invalid: [
    401,
    'The API key is not valid',
    'Check the key, or ask the owner of this API for a new one.',
  ],
  signature_invalid: [
    401,
    'The link is not valid',
    'Use the link exactly as you got it, or ask for a new one.',
  ],
  session_invalid: [401, 'There is no session, or it has ended', 'Sign in again.'],
  signature_expired: [401, 'The link has ended', 'Ask for a new link.'],
  insufficient_scope: [
    403,
    'The credential lacks a scope',
    'Get an access token or a key with the scope that this request needs.',
  ],
  forbidden: [403, 'The caller may not do this', 'Ask the owner of this API for access.'],
  csrf: [
    403,
    'The request may have been made by a page elsewhere',
    'Send the token in the Authorization header, or make the request from a page of this origin.',
  ],
  address_denied: [
    403,
    'Requests from this address are refused',
    'Ask the owner of this API for access from your network.',
  ],
  https_required: [403, 'Plain http is refused', 'Send the request over https.'],
  not_found: [404, 'Nothing is here', 'Check the path.'],
  method_not_allowed: [
    405,
    'The method is not allowed here',
    'The Allow header names the methods.',
  ],
  body_too_large: [413, 'The body is too long', 'Send less at once.'],
  unsupported_media_type: [
    415,
    'The body has a type that is not read here',
    'Send the body as application/json, not compressed.',
  ],
  host_unknown: [421, 'This host is not served here', 'Check the host name.'],
  rate_limited: [
    429,
    'Too many requests',
    'Wait as long as the Retry-After header says, then try again.',
  ],
  config_invalid: [
    500,
    'The gateway is not configured',
    'The operator finds every problem in the log, or with "npm run check".',
  ],
  internal: [500, 'Something went wrong in the gateway', 'Try again later.'],
  origin_unreachable: [502, 'The service behind the gateway did not answer', 'Try again later.'],
  issuer_unavailable: [
    503,
    'The credential cannot be checked right now',
    'Nothing is wrong with the credential; try again after the time in the Retry-After header.',
  ],
  limit_unavailable: [
    503,
    'The limit of requests cannot be checked right now',
    'Nothing is wrong with the request; try again after the time in the Retry-After header.',
  ],
  not_cached: [
    504,
    'No stored answer is fresh',
    'Send the request without Cache-Control: only-if-cached.',
  ],
  origin_timeout: [504, 'The service behind the gateway took too long', 'Try again later.'],
  origin_loop: [
    508,
    'The service behind the gateway is the gateway itself',
    'The operator has to change the target of this route.',
  ],
} as const satisfies Record<string, readonly [status: number, title: string, detail: string]>

export type ErrorCode = keyof typeof ERROR_CODES

export interface GatewayErrorOptions {
  /** For the log alone: what exactly was wrong. Never a token, a secret or a claim value. */
  reason?: string
  /** For the caller, instead of the code's own sentence. Built from configuration only. */
  detail?: string
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  retryAfterSeconds?: number
  /** Methods for the `Allow` header of a 405 (RFC 9110 section 15.5.6). */
  allow?: readonly string[]
  /** Scopes for the `scope` parameter of the challenge (RFC 6750 section 3). */
  scopes?: readonly string[]
  /** HTML for a person whose browser navigates, in place of the problem document. */
  page?: string
  /** Adds to the headers of the refusal, for example a nonce that the caller has to use. */
  finish?: (headers: Headers, status: number) => void
  /** Puts the problem into the words of another protocol, as JSON. Default: the problem document. */
  envelope?: (problem: { readonly title: string; readonly detail: string }) => object
  /**
   * The error is about evidence that a browser may send unasked: another page may have set it, so it counts only where
   * the caller has chosen to send nothing else. Default false.
   */
  isAmbient?: boolean
  /** The evidence. */
  cause?: unknown
}

/** A request that ends here. Thrown from any depth, caught once in gateway.ts. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly options: GatewayErrorOptions

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    super(
      options.reason ?? code,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'GatewayError'
    this.code = code
    this.status = ERROR_CODES[code][0]
    this.options = options
  }
}

/** What was thrown, as an error of the gateway: `internal` where it was none. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'a value was thrown'
  return new GatewayError('internal', { reason, cause: error })
}
