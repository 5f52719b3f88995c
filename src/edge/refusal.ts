/** A refusal as it leaves: the problem document, or what the owner's `refusal` makes of it. */

import type { Requirement } from '../auth/identify.ts'
import { isNavigation } from '../auth/navigation.ts'
import type { GatewayError } from '../errors.ts'
import type { Trace, Traceable } from '../operate/trace.ts'
import type { Location } from '../router.ts'
import { type ProblemDocument, problemDocument, problemHeaders } from './problem.ts'
import type { ProtectedResource } from './resource-metadata.ts'

/**
 * Answers a refusal in the owner's way, at once: an HTML page for browsers, JSON in the API's own shape. Undefined
 * leaves it the problem document.
 */
export type RefusalPage = (problem: ProblemDocument, request: Request) => Response | undefined

/** What the owner says about all refusals. */
export interface RefusalRules {
  readonly page: RefusalPage | undefined
  /** The `type` of a problem, with `{code}` in it for the code. Default: `urn:gatehouse:error:{code}`. */
  readonly problemType: string | undefined
}

/** Where a person is sent who has to sign in. */
export interface LoginPage {
  /** Undefined for a request that is no person's who goes to a page. */
  address(request: Request, location: Location): string | undefined
}

/** What a refusal needs to know of a route. */
interface Refusing extends Traceable {
  readonly requirement?: Requirement | undefined
  readonly parts: { readonly resource?: ProtectedResource; readonly login?: LoginPage }
}

/** Builds the answer. Undefined rules: those of a gateway whose config has problems. */
export function refuse<Route extends Refusing>(
  error: GatewayError,
  trace: Trace<Route>,
  rules: RefusalRules | undefined,
): Response {
  const { request, id, location, match, judges, finishes } = trace
  if (error.options.finish) finishes.push(error.options.finish)
  const document = problemDocument(error, id(), rules?.problemType)
  const { requirement, parts } = match?.route ?? {}
  const metadata = location && parts?.resource?.metadataUrl(location)
  const asked = requirement && { ...requirement, judges, metadata }
  const headers = problemHeaders(error, asked)
  const login =
    error.status === 401 && location ? parts?.login?.address(request, location) : undefined
  if (login !== undefined) {
    headers.set('location', login)
    return new Response(null, { status: 302, headers })
  }
  try {
    const answer: unknown = rules?.page?.(document, request)
    if (answer !== undefined) return dressed(answer, document.status, headers)
  } catch (cause) {
    trace.refusalFault =
      cause instanceof Error ? `${cause.name}: ${cause.message}` : 'a value was thrown'
  }
  if (error.options.page !== undefined && isNavigation(request)) {
    for (const [name, value] of Object.entries(PAGE_HEADERS)) headers.set(name, value)
    return new Response(error.options.page, { status: document.status, headers })
  }
  const { envelope } = error.options
  headers.set('content-type', envelope ? 'application/json' : 'application/problem+json')
  const body = envelope ? envelope(document) : document
  return new Response(JSON.stringify(body), { status: document.status, headers })
}

/** A page of ours runs nothing, loads nothing and is in no frame. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Of an owner's status: a refusal may lead elsewhere or fail in another way, and never looks like success. */
const STATUSES = /^(?:30[12378]|[45]\d\d)$/

/** The owner's answer, with the headers of the problem that it has not set itself. Throws where it is no answer. */
function dressed(answer: unknown, status: number, headers: Headers): Response {
  if (answer instanceof Promise) {
    answer.catch(() => {})
    throw new TypeError('it returned a promise, and nothing can be waited for here')
  }
  if (!(answer instanceof Response) || answer.status === 0 || answer.webSocket) {
    throw new TypeError('it returned no Response')
  }
  if (answer.bodyUsed || answer.body?.locked) {
    throw new TypeError('it returned a Response that was sent before')
  }
  const all = new Headers(answer.headers)
  for (const [name, value] of headers) if (!all.has(name)) all.set(name, value)
  const isFit = STATUSES.test(String(answer.status))
  return new Response(answer.body, { status: isFit ? answer.status : status, headers: all })
}
