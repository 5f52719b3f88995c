// Cases for the cache: few addresses, few callers that differ in one thing each, and origins that say all that bears
// on storing, so that what is stored by one request is often asked for by another.

import fc from 'fast-check'
import type { Control, Flag, Wish } from './cache-model.ts'
import type { Answer } from './cache-origin.ts'
import type { Ask, Step } from './cache-requests.ts'
import { type Caller, SHARES, type ShareName, WAYS, type Way } from './cache-world.ts'

const ADA: Caller = {
  kind: 'person',
  subject: 'ada',
  issuer: 'urn:one',
  scopes: ['read'],
  roles: ['staff'],
  claims: { tenant: 'acme', org: { id: 1 }, iat: 1, jti: 'a' },
}
const claims = (changes: object): Caller => ({ ...ADA, claims: { ...ADA.claims, ...changes } })

/** Each is like the first but for one thing. The second is the first, with another token. */
export const CALLERS: readonly Caller[] = [
  ADA,
  claims({ iat: 2, jti: 'b', exp: 9, nbf: 1 }),
  { ...ADA, subject: 'bob' },
  { ...ADA, subject: undefined },
  { ...ADA, subject: '' },
  { ...ADA, issuer: 'urn:two' },
  { ...ADA, kind: 'client' },
  { ...ADA, kind: 'link', subject: undefined },
  { ...ADA, scopes: [] },
  { ...ADA, scopes: ['read', 'write'] },
  { ...ADA, scopes: ['write', 'read'] },
  { ...ADA, roles: ['staff', 'boss'] },
  { ...ADA, roles: ['staff,boss'] },
  claims({ tenant: 'evil' }),
  claims({ tenant: ['acme'] }),
  claims({ tenant: '["acme"]' }),
  claims({ tenant: '"acme"' }),
  claims({ tenant: undefined }),
  claims({ tenant: null }),
  claims({ tenant: '' }),
  claims({ org: { id: '1' } }),
  claims({ org: { id: true } }),
  claims({ org: {} }),
  claims({ org: 1 }),
  claims({ more: 1 }),
  { ...ADA, subject: 'bob', issuer: 'urn:one","acme' },
]

/** What is sent, and the address of the origin that it means. */
const PATHS: readonly (readonly [string, string])[] = [
  ['/a', '/a'],
  ['/a', '/a'],
  ['/a', '/a'],
  ['/%61', '/a'],
  ['/x/../a', '/a'],
  ['/b', '/b'],
  ['/A', '/A'],
  ['/a/', '/a/'],
  ['/a?x=1', '/a?x=1'],
  ['/a?x=2', '/a?x=2'],
  ['/a?x=%31', '/a?x=%31'],
  ['/a%3fx=1', '/a%3Fx=1'],
  ['/a;x=1', 'refused'],
  ['/a%2f..%2fb', 'refused'],
  ['//a', 'refused'],
  ['/a%00', 'refused'],
  ['', 'stored'],
]

const few = (...numbers: number[]) => fc.constantFrom(undefined, ...numbers)

/** The plain one, odd in some things at most: odd in all of them, nothing would ever be stored or given. */
function plainBut<Value extends object>(
  plain: Value,
  odd: { [Name in keyof Value]?: fc.Arbitrary<Value[Name]> },
  maxLength: number,
): fc.Arbitrary<Value> {
  const names = Object.keys(odd) as (keyof Value)[]
  return fc
    .tuple(fc.record(odd as never) as fc.Arbitrary<Value>, fc.subarray(names, { maxLength }))
    .map(([all, picked]) => {
      const changes = Object.fromEntries(picked.map((name) => [name, all[name]]))
      return { ...plain, ...changes }
    })
}

const flag = fc.constantFrom<Flag[]>(
  'public',
  'public',
  'private',
  'no-store',
  'no-cache',
  'must-revalidate',
  'proxy-revalidate',
)

/** Directives mean the same in every one of these. */
const spelling = fc.constantFrom<((directive: string) => string)[]>(
  (text) => text,
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => ` ${text}\t`,
  (text) => text.replace(/=(\d+)$/, '="$1"'),
  (text) => `${text}, x="a, max-age=99999, public"`,
  (text) => `, ${text}`,
)

const control = plainBut<Control>(
  { maxAge: 60, flags: ['public'] },
  {
    maxAge: few(0, 5, 60),
    sMaxage: few(0, 30),
    whileRevalidate: fc.constantFrom(10, 600),
    ifError: fc.constantFrom(10, 600),
    flags: fc.uniqueArray(flag, { maxLength: 2 }),
  },
  3,
)

const PLAIN: Answer = {
  status: 200,
  control: { maxAge: 60, flags: ['public'] },
  spelling: (text) => text,
  age: 0,
  vary: [],
  hasCookie: false,
  isStream: false,
  validators: 'etag',
  bytes: 30,
  length: 'true',
  validates: 'no',
  isDown: false,
  turns: 0,
}

const vary = fc.subarray(
  ['Accept-Language', 'cookie', 'X-Auth-Subject', 'authorization', 'x-own', '*'],
  { minLength: 1, maxLength: 2 },
)

const answer = fc
  .tuple(
    control,
    fc.nat({ max: 40 }),
    plainBut(
      PLAIN,
      {
        status: fc.constantFrom(203, 204, 206, 301, 302, 404, 410, 418, 500, 503),
        spelling,
        expires: fc.constantFrom(-10, 0, 30),
        age: fc.constantFrom(3, 100),
        vary,
        hasCookie: fc.constant(true),
        isStream: fc.constant(true),
        validators: fc.constantFrom('date', 'both', 'none'),
        bytes: fc.constantFrom(1, 200, 201),
        length: fc.constantFrom('none', 'short', 'breaks'),
        validates: fc.constantFrom('whole', 'whole', 'bare', 'other'),
        isDown: fc.constant(true),
      },
      3,
    ),
  )
  .map(([said, turns, rest]): Answer => ({ ...rest, control: said, turns }))

const knows = fc.nat({ max: 12 })
const headers = plainBut<Record<string, string>>(
  {},
  {
    'accept-language': fc.constantFrom('de', 'en', 'absent', 'is de', '', 'DE'),
    cookie: fc.constantFrom('sid=secret-ada', 'sid=secret-bob', 'a=secret-1; b=2'),
    'x-own': fc.constantFrom('1', '2', 'absent', 'is 1'),
    range: fc.constantFrom('bytes=0-3', 'bytes=-1'),
    'if-match': fc.constantFrom('*', '"1"'),
    'if-unmodified-since': fc.constant('Thu, 01 Jan 2026 00:00:00 GMT'),
    'if-none-match': knows.map((id) => (id === 0 ? '*' : `W/"x", "${id}"`)),
    'if-modified-since': knows.map((id) =>
      new Date(Date.UTC(2020, 0, 1) + id * 1_000).toUTCString(),
    ),
  },
  2,
)

const wish = plainBut<Wish>(
  { flags: [] },
  {
    maxAge: fc.constantFrom(0, 4, 100),
    minFresh: fc.constantFrom(3, 50),
    flags: fc.constantFrom(['no-store'], ['no-cache'], ['only-if-cached']),
  },
  1,
)

/** The header that the origin's answer depends on, so that two variants are often there. */
function selecting(names: readonly string[], value: string): Record<string, string> {
  const name = names.find((each) => ['Accept-Language', 'cookie', 'x-own'].includes(each))
  return name === undefined ? {} : { [name.toLowerCase()]: value }
}

const anybody = fc.oneof(fc.constant(undefined), fc.constantFrom(...CALLERS.keys()))

interface Theme {
  readonly share: ShareName
  readonly ways: readonly Way[]
  readonly callers: readonly number[]
  /** What the origin mostly says. */
  readonly answer: Answer
}

/** All of a case are of one or two routes and mostly get the same answer, or they would never meet. */
const ask = ({ share, ways, callers: fewCallers, answer: usual }: Theme) =>
  fc
    .record({
      way: fc.constantFrom(...ways),
      main: fc.constantFrom(...fewCallers),
      second: fc.constantFrom(...fewCallers),
      isAlone: fc.boolean(),
      headers: fc.tuple(headers, fc.constantFrom('1', '2')).map(([odd, value]) => ({
        ...selecting(usual.vary, value),
        ...odd,
      })),
      wish,
      answer: fc.oneof(
        { weight: 3, arbitrary: fc.nat({ max: 40 }).map((turns) => ({ ...usual, turns })) },
        { weight: 1, arbitrary: answer },
      ),
    })
    .chain(({ isAlone, second, ...own }) =>
      plainBut<Ask>(
        {
          share,
          path: ['/a', '/a'],
          isShouted: false,
          host: 'api.test',
          method: 'GET',
          ...own,
          second: own.way === 'both' ? second : undefined,
        },
        {
          share: fc.constantFrom(...(Object.keys(SHARES) as ShareName[])),
          path: fc.constantFrom(...PATHS),
          isShouted: fc.constant(true),
          host: fc.constant('other.test'),
          method: fc.constantFrom('HEAD', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
          main: anybody,
          second: anybody,
        },
        isAlone ? 0 : 2,
      ),
    )

export const steps: fc.Arbitrary<Step[]> = fc
  .record<Theme>({
    share: fc.constantFrom(...(Object.keys(SHARES) as ShareName[])),
    ways: fc.uniqueArray(fc.constantFrom(...WAYS), { minLength: 1, maxLength: 2 }),
    callers: fc
      .uniqueArray(fc.nat(CALLERS.length - 1), { minLength: 1, maxLength: 2 })
      .map((others) => [0, ...others]),
    answer,
  })
  .chain((theme) =>
    fc.array(
      fc.record<Step>({
        wait: fc.constantFrom(0, 0, 0, 1, 4, 6, 15, 40, 70),
        asks: fc.array(ask(theme), { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 2, maxLength: 10 },
    ),
  )
