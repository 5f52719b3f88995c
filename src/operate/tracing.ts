/**
 * One id for a request, and one trace through everything that it passes: the origin gets `X-Request-Id`,
 * `traceparent` and `tracestate`, the client the id, and the log both.
 */

import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import type { Inbound } from '../auth/scheme.ts'
import type { Platform, PlatformSpan } from '../lib/scope.ts'
import { options } from '../options/options.ts'
import { flag, ratio, reportIssues } from '../options/schemas.ts'
import type { Trace, Traceable } from './trace.ts'
import {
  formatTraceParent,
  isSpanId,
  isTraceId,
  readTraceParent,
  readTraceState,
} from './trace-context.ts'

export interface TracingOptions {
  /**
   * Whether a client's `X-Request-Id` is taken where it is well-formed: 1 to 128 letters, digits and `-._~:@/+=`.
   * Default true. With false every request gets a UUID of the gateway's.
   */
  acceptRequestId?: boolean
  /**
   * Whether a client's trace is continued. Default true. With false every request starts a trace, and no
   * client decides what is sampled.
   */
  continueTraces?: boolean
  /**
   * Which part of the traces that start here is marked as sampled, from 0 to 1. Most services then record these
   * and no other. The platform's own decision comes first. Default 1.
   */
  sampleRatio?: number
}

/** A route's `trace`, made by {@link tracing}. */
export interface Tracing {
  /** Gives the request its id and its place in a trace, and notes both in `trace`. */
  begin<Route extends Traceable>(
    inbound: Inbound,
    trace: Trace<Route>,
    platform: Platform | undefined,
  ): void
}

const schema = options<TracingOptions>(
  {
    acceptRequestId: v.exactOptional(flag),
    continueTraces: v.exactOptional(flag),
    sampleRatio: v.exactOptional(ratio),
  },
  {
    example: 'tracing({ sampleRatio: 0.1 })',
    examples: { acceptRequestId: 'false', continueTraces: 'false', sampleRatio: '0.1' },
    otherNames: {
      sampling: 'sampleRatio',
      rate: 'sampleRatio',
      trustRequestId: 'acceptRequestId',
      propagate: 'continueTraces',
    },
  },
)

/** What stands in a URN as it is (RFC 8141 section 2), so that a problem's `instance` can say it. */
const REQUEST_ID = /^[\w.~:@/+=-]{1,128}$/

/** Continues a request's id and W3C trace, or starts them. */
export function tracing(given: TracingOptions = {}): RoutePart<Tracing> {
  const { acceptRequestId = true, continueTraces = true, sampleRatio = 1 } = given
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile: (site) => ({
      begin({ request }, trace, platform) {
        const { headers } = request
        const sentId = acceptRequestId ? headers.get('x-request-id') : null
        if (sentId !== null && REQUEST_ID.test(sentId)) trace.requestId = sentId
        const requestId = trace.id()

        const span = platform?.tracing?.getActiveSpan()
        const own = contextOf(span)
        const parent = continueTraces ? readTraceParent(headers.get('traceparent')) : undefined
        // Section 3.3.1: without a parent a state belongs to no trace.
        const state = parent && readTraceState(headers.get('tracestate'))
        const traceId = parent?.traceId ?? own?.traceId ?? randomHex(16)
        const isSampled = parent?.isSampled ?? own?.isSampled ?? isDrawn(traceId, sampleRatio)
        const parentId = own?.parentId ?? randomHex(8)

        trace.traceId = traceId
        if (own && own.traceId !== traceId) trace.platformTraceId = own.traceId
        trace.onward = [
          ['x-request-id', requestId],
          ['traceparent', formatTraceParent({ traceId, parentId, isSampled })],
          ['tracestate', state],
        ]
        const { tracing: spans } = platform ?? {}
        if (spans) trace.span = (name, step) => spans.enterSpan(name, step)
        span?.updateName(`${request.method} ${site.path}`)
        trace.finishes.push((answer, status) => {
          answer.set('x-request-id', requestId)
          if (status >= 500) span?.setStatus({ code: 'error' })
        })
      },
    }),
  }
}

/** What the platform says of its own span, where it records one. */
function contextOf(span: PlatformSpan | undefined) {
  if (!span?.isTraced) return undefined
  const { traceId, spanId, traceFlags } = span.spanContext()
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined
  return { traceId, parentId: spanId, isSampled: (traceFlags & 1) === 1 }
}

/** By the id, so that all who decide by it decide alike. */
function isDrawn(traceId: string, sampleRatio: number): boolean {
  return Number.parseInt(traceId.slice(-13), 16) < sampleRatio * 2 ** 52
}

/** Never all zeros, in practice: one of 2^64 is. */
function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)).buffer).toString('hex')
}
