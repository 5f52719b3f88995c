/** How long the body of a request may be. What counts is the bytes that come; a length that is announced can only refuse. */

import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import type { Inbound } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import { options } from '../options/options.ts'
import { reportIssues, told, UNSET } from '../options/schemas.ts'
import type { ByteCount } from '../upstream/upload.ts'

export interface BodyLimitOptions {
  /** The most bytes that a body may have, as it is sent: compressed bytes count as they are. */
  maxBytes: number
}

/** A route's `bodyLimit`, made by {@link bodyLimit}. */
export interface BodyLimit {
  /** Throws `body_too_large` where the request says itself that its body is longer. */
  admit(inbound: Inbound): void
  /** Begins to count one body; the count throws `body_too_large`. */
  count(): ByteCount
}

const EXAMPLE = 'bodyLimit({ maxBytes: 1_048_576 })'

const schema = options<BodyLimitOptions>(
  {
    maxBytes: told((value) => {
      if (value === undefined) return `${UNSET}, for example 1_048_576`
      return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
        ? undefined
        : 'must be a whole number of bytes, more than 0 and without quotes, for example 1_048_576 (1 MiB)'
    }),
  },
  {
    example: EXAMPLE,
    examples: { maxBytes: '1_048_576' },
    otherNames: {
      max: 'maxBytes',
      limit: 'maxBytes',
      size: 'maxBytes',
      maxSize: 'maxBytes',
      bytes: 'maxBytes',
      maxBodyBytes: 'maxBytes',
    },
  },
)

/** Refuses longer bodies with 413. What is on its way to the origin then breaks off, and never looks whole there. */
export function bodyLimit(given: BodyLimitOptions): RoutePart<BodyLimit> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile() {
      const { maxBytes } = given

      function tooLarge(what: string): GatewayError {
        return new GatewayError('body_too_large', {
          reason: `the body ${what} more than ${maxBytes} bytes`,
          detail: `A body has at most ${maxBytes} bytes here.`,
        })
      }

      return {
        summary: `${maxBytes} bytes`,

        admit({ request }) {
          // Whatever is no number is for the runtime to judge; the bytes are counted in any case.
          const announced = Number(request.headers.get('content-length'))
          if (announced > maxBytes) throw tooLarge('is announced with')
        },

        count() {
          let left = maxBytes
          return (bytes) => {
            left -= bytes
            if (left < 0) throw tooLarge('has')
          }
        },
      }
    },
  }
}
