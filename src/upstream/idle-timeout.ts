/**
 * An answer whose body falls silent is broken off, so that nobody waits for the rest for ever. The client sees that it
 * is not whole: it never ends as if it were.
 */

import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import { type Chunks, chunksOf } from '../lib/chunks.ts'
import { options } from '../options/options.ts'
import { flag, reportIssues, secondsBetween } from '../options/schemas.ts'

export interface IdleTimeoutOptions {
  /** How long the body may be silent, from its headers or its last byte on: more than 0, at most 600. */
  seconds: number
  /** Whether event streams end like that too; they are often silent for long. Default false. */
  eventStreams?: boolean
}

/** A route's `idleTimeout`, made by {@link idleTimeout}. */
export interface IdleTimeout {
  /** The same answer, with an end where its body is silent for too long. WebSockets stay as they are. */
  watch(response: Response): Response
}

/** Calls `work` once, in so many milliseconds, unless what it returns is called before. */
export type StartTimer = (work: () => void, ms: number) => () => void

const platformTimer: StartTimer = (work, ms) => {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

const schema = options<IdleTimeoutOptions>(
  {
    seconds: secondsBetween(0, 600, { example: 60, isOpen: true }),
    eventStreams: v.exactOptional(flag),
  },
  {
    example: 'idleTimeout({ seconds: 60 })',
    examples: { seconds: '60', eventStreams: 'true' },
    otherNames: {
      timeout: 'seconds',
      timeoutSeconds: 'seconds',
      idleSeconds: 'seconds',
      ms: 'seconds',
      sse: 'eventStreams',
      streams: 'eventStreams',
    },
  },
)

/** Breaks off answers whose body is silent for too long. A client that reads slowly is not held against the origin. */
export function idleTimeout(
  given: IdleTimeoutOptions,
  startTimer: StartTimer = platformTimer,
): RoutePart<IdleTimeout> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile() {
      const { seconds, eventStreams = false } = given

      /** What comes next. Rejects where nothing comes in time. */
      function nextOf(chunks: Chunks): Promise<Uint8Array | undefined> {
        return new Promise((resolve, reject) => {
          const late = () =>
            reject(new Error(`the service was silent for ${seconds} s in its answer`))
          const stop = startTimer(late, seconds * 1_000)
          chunks.next().then(resolve, reject).finally(stop)
        })
      }

      async function pump(chunks: Chunks, sink: WritableStreamDefaultWriter<Uint8Array>) {
        for (let chunk = await nextOf(chunks); chunk; chunk = await nextOf(chunks)) {
          await sink.write(chunk)
        }
        await sink.close()
      }

      return {
        summary: `${seconds} s${eventStreams ? ', event streams too' : ''}`,

        watch(response) {
          const { body, headers } = response
          if (!body || (!eventStreams && isEventStream(headers))) return response
          // A part of packed bytes cannot be unpacked, as reading it here would.
          if (response.status === 206 && headers.has('content-encoding')) return response
          const chunks = chunksOf(body)
          const length = lengthOf(headers)
          const { readable, writable } =
            length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
          const sink = writable.getWriter()
          pump(chunks, sink).catch((error: unknown) => {
            chunks.cancel(error)
            // The runtime drops the connection then, without the end of the body.
            sink.abort(error).catch(() => {})
          })
          return new Response(readable, response)
        },
      }
    },
  }
}

function isEventStream(headers: Headers): boolean {
  return /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
}

/** Of the bytes that are read here: those of a compressed body are unpacked, and no longer as many. */
function lengthOf(headers: Headers): number | undefined {
  const text = headers.get('content-length')
  return text === null || headers.has('content-encoding') ? undefined : Number(text)
}
