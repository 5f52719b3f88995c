/** An API that is to go: since when it is old (RFC 9745), when it ends (RFC 8594), and where that is explained. */

import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import type { Finish } from '../auth/scheme.ts'
import { isSecureUrl } from '../lib/url.ts'
import { options } from '../options/options.ts'
import { reportIssues, textLike } from '../options/schemas.ts'

export interface DeprecatedOptions {
  /** The day, or the moment, from which it is old; it may still be to come: `'2026-12-31'`. */
  since: string
  /** When it is expected to stop working. Not before `since`. Default: nothing is said. */
  sunset?: string
  /** A page for developers: what to use instead. Default: none. */
  link?: string
}

/** A route's `deprecated`, made by {@link deprecated}. */
export interface Deprecated {
  readonly finish: Finish
}

const DAY = "'2026-12-31'"
const PAGE = "'https://docs.acme.example/v1-ends'"

const moment = textLike(DAY, (text) => {
  const isWritten = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
  // 31 February is read as a day of March.
  const day = new Date(`${text.slice(0, 10)}T00:00Z`)
  const isDay = isWritten && day.getUTCDate() === Number(text.slice(8, 10))
  return isDay && !Number.isNaN(Date.parse(text))
    ? undefined
    : `must be a day, for example ${DAY}, or a moment with its time zone, for example '2026-12-31T12:00:00Z'`
})

const link = textLike(PAGE, (url) =>
  isSecureUrl(url) && !/[<>\s"\\]/.test(url) && /^[!-~]+$/.test(url)
    ? undefined
    : `must be the whole URL of a page, for example ${PAGE}`,
)

const schema = v.pipe(
  options<DeprecatedOptions>(
    { since: moment, sunset: v.exactOptional(moment), link: v.exactOptional(link) },
    {
      example: `deprecated({ since: ${DAY} })`,
      examples: { since: DAY, sunset: DAY, link: PAGE },
      otherNames: { date: 'since', from: 'since', until: 'sunset', ends: 'sunset', url: 'link' },
    },
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { since, sunset } = dataset.value
    if (sunset !== undefined && Date.parse(sunset) < Date.parse(since)) {
      addIssue({ message: 'ends before it is old: sunset has to be since, or later' })
    }
  }),
)

/** Tells the clients of a route that it is old. It goes on working: after `sunset` too, until the route is taken out. */
export function deprecated(given: DeprecatedOptions): RoutePart<Deprecated> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile() {
      const since = `@${Math.floor(Date.parse(given.since) / 1_000)}`
      const sunset = given.sunset === undefined ? undefined : new Date(given.sunset).toUTCString()
      const { link: page } = given
      return {
        finish(headers, status) {
          if (status === 101) return
          headers.set('deprecation', since)
          if (sunset !== undefined) headers.set('sunset', sunset)
          if (page === undefined) return
          headers.append('link', `<${page}>; rel="deprecation"; type="text/html"`)
          if (sunset !== undefined)
            headers.append('link', `<${page}>; rel="sunset"; type="text/html"`)
        },
      }
    },
  }
}
