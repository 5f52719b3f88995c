/** Why tests of `http-cache-tests` are not passed, by their names: what cache-suite.ts takes for known. */

/** A gateway that stores nothing, where it differs from the direct way and the runtime alone does not. */
export const OFF_REASONS: Readonly<Record<string, string>> = {}

type Reasons = readonly (readonly [reason: string, ...ids: string[]])[]

/** Of required tests, each by its whole name. */
const REQUIRED: Reasons = [
  [
    'the suite wants `Age: 0,7200` fresh here and `Age: 0` with `Age: 7200` stale in age-parse-prefix-twoline, which is the same field value (RFC 9110 section 5.3); here both are stale',
    'age-parse-prefix',
  ],
  [
    'an answer with Set-Cookie is never stored, by promise; RFC 9111 section 3 leaves it to the cache',
    'headers-store-Set-Cookie',
    '304-etag-update-response-Set-Cookie',
  ],
  [
    'a 304 with another strong ETag must not freshen what is stored (RFC 9111 section 4.3.4): the origin is asked again without conditions, for which its script has no answer',
    '304-etag-update-response-ETag',
  ],
  [
    'workerd itself answers this method with 501, as the Worker that only passes on shows',
    'invalidate-M-SEARCH',
    'invalidate-M-SEARCH-cl',
  ],
]

/** Of the others, the first that fits. A name ends with `*` where it is the beginning of several. */
const OPTIONAL: Reasons = [
  // What a good cache does beside.
  ['an answer with Set-Cookie is never stored, by promise', 'other-set-cookie'],
  [
    'nothing lasts for as long as a cache guesses; an API says how long',
    'heuristic-*',
    'other-heuristic-*',
    'pragma-response-no-cache-heuristic',
  ],
  ['answers to POST are not stored', 'method-POST'],
  ['errors from 500 on and statuses that are not understood are not stored', 'status-*'],
  [
    'headers are compared as they are written, so that two never share by mistake',
    'vary-normalise-*',
  ],
  ['If-Modified-Since is held against Last-Modified alone', 'conditional-lm-fresh-no-lm'],
  ['parts are not stored, and ranges are left to the origin', 'partial-*'],
  // Only asked.
  ['the age is what Age says: clocks of origins differ', 'freshness-max-age-date'],
  [
    'what is no whole number is 0',
    'freshness-max-age-decimal-*',
    'freshness-max-age-a100',
    'freshness-max-age-100a',
  ],
  ['a blank beside = is read over', 'freshness-max-age-space-*'],
  ['of a directive that is there twice the smaller number holds', 'freshness-max-age-two-*'],
  ['V8 takes the year 50 for 1950', 'freshness-expires-rfc850'],
  ['what is no date is past', 'freshness-expires-invalid-*'],
  ['no-cache with names is no-cache', 'headers-omit-headers-listed-in-Cache-Control-no-cache*'],
  ['a stale answer is given only where the origin allows it', 'stale-close', 'stale-503'],
  ['a client cannot ask for stale answers', 'ccreq-max-stale*'],
  ['a client that wants a new answer gets one', 'pragma-request-no-cache'],
  ['a variant is not asked for by the tag of another', 'conditional-etag-vary-headers-mismatch'],
  [
    'an entity tag is what RFC 9110 section 8.8.3 says it is, and passes as it was written',
    'conditional-etag-*',
  ],
  ['an answer to HEAD changes nothing that is stored', 'head-200-*'],
]

/** Undefined for a test that has to be passed. */
export function reasonFor(id: string, isRequired: boolean): string | undefined {
  const fits = (name: string) =>
    name === id || (name.endsWith('*') && id.startsWith(name.slice(0, -1)))
  return (isRequired ? REQUIRED : OPTIONAL).find(([, ...ids]) => ids.some(fits))?.[0]
}
