// The options of limit and of deprecated.

import { inDeprecated, inLimit, inToolLimit, type Mistake } from './mistake.ts'

const AT = 'routes[1] (/orders/*).limit'
const MCP = 'routes[1] (/mcp).limit'
const OLD = 'routes[1] (/orders/*).deprecated'
const REST = 'perSeconds: 60, state: env.STATE'
const EXAMPLE = "limit({ by: 'subject', requests: 100, perSeconds: 60, state: env.STATE })"
const NOT_BOUND =
  'is not bound. Run "npx wrangler deploy -c src/state/wrangler.toml", then uncomment STATE in wrangler.toml'
const MOMENT =
  "must be a day, for example '2026-12-31', or a moment with its time zone, for example '2026-12-31T12:00:00Z'"

export const LIMITS: readonly Mistake[] = [
  inLimit('no limit in the brackets', '', `${AT}: names no limit. Write ${EXAMPLE}`),
  inLimit(
    'a number in the brackets',
    '100',
    `${AT}: must be an object of options, for example ${EXAMPLE}`,
  ),
  inLimit(
    'a state Worker that is not bound',
    "{ by: 'subject', requests: 100, perSeconds: 60, state: env.COUNTS }",
    `${AT}.state: ${NOT_BOUND}`,
  ),
  inLimit(
    'nothing that counts',
    "{ by: 'subject', requests: 100, perSeconds: 60 }",
    `${AT}.state: ${NOT_BOUND}`,
  ),
  inLimit(
    'two that count',
    `{ by: 'subject', requests: 100, ${REST}, binding: env.LIMITER }`,
    `${AT}.state: stands beside binding. Keep one of them: state counts exactly, binding roughly and by location`,
  ),
  inLimit(
    'a binding that is no rate limit',
    "{ by: 'subject', requests: 100, perSeconds: 60, binding: env.STORE }",
    `${AT}.binding: must be an entry of [[ratelimits]] in wrangler.toml: binding: env.LIMITER`,
  ),
  inLimit(
    'a binding that is not there',
    "{ by: 'subject', requests: 100, perSeconds: 60, binding: env.LIMITS }",
    `${AT}.binding: is not bound. Declare it in wrangler.toml under [[ratelimits]]`,
  ),
  inLimit(
    'a binding for an hour',
    "{ by: 'subject', requests: 100, perSeconds: 3600, binding: env.LIMITER }",
    `${AT}: has a binding, which counts in 10 or 60 seconds: write that of wrangler.toml in perSeconds`,
  ),
  inLimit(
    'a binding with a cost',
    "{ by: 'subject', requests: 100, perSeconds: 60, cost: 5, binding: env.LIMITER }",
    `${AT}: has a binding, which knows one number and counts one by one: plans, cost and lease are for state`,
  ),
  inLimit(
    'whose requests, misspelled',
    `{ by: 'ip', requests: 100, ${REST} }`,
    `${AT}.by: must be 'address', 'subject', 'client', 'key' or { claim: 'org' }`,
  ),
  inLimit(
    'a number of requests in quotes',
    `{ by: 'subject', requests: '100', ${REST} }`,
    `${AT}.requests: must be a whole number without quotes, for example 100`,
  ),
  inLimit(
    'no requests at all',
    `{ by: 'subject', requests: 0, ${REST} }`,
    `${AT}.requests: must be 1 to 1000000, for example 100`,
  ),
  inLimit(
    'plans without the rest',
    `{ by: 'subject', requests: { claim: 'plan', of: { pro: 100 } }, ${REST} }`,
    `${AT}.requests.otherwise: is missing. Add it, for example otherwise: 10`,
  ),
  inLimit(
    'plans by address',
    `{ by: 'address', requests: { claim: 'plan', of: { pro: 100 }, otherwise: 1 }, ${REST} }`,
    `${AT}: counts by address, where no claim is known yet. Write a number in requests, or count by another name`,
  ),
  inLimit(
    'a cost that nobody can pay',
    `{ by: 'subject', requests: 5, cost: 6, ${REST} }`,
    `${AT}: has a cost that is more than requests, so that no request would ever pass`,
  ),
  inLimit(
    'names of another library',
    `{ by: 'subject', requests: 5, ${REST}, windowMs: 60_000 }`,
    `${AT}.windowMs: is not an option. Did you mean perSeconds?`,
  ),
  inLimit(
    'two limits of one name',
    `{ by: 'subject', requests: 5, ${REST} }, { by: 'subject', requests: 5, perSeconds: 1, state: env.STATE }`,
    `${AT}[1]: is called subject like another of these limits. Give it a name of its own: name: 'burst'`,
  ),
  inLimit(
    'a failure that is a switch',
    `{ by: 'subject', requests: 5, ${REST}, onFailure: true }`,
    `${AT}.onFailure: must be 'open' (requests pass while nobody can count) or 'closed' (they are 503)`,
  ),
  inLimit(
    'calls of tools where there are none',
    `{ by: 'subject', tools: 'each', requests: 5, ${REST} }`,
    `${AT}.tools: counts calls of tools, and nothing decides on tools here. Write it in limit of the route that has mcp: tools({ … })`,
  ),
  inToolLimit(
    'a tool that no rule names',
    `{ by: 'subject', tools: ['render', 'admin_delete'], requests: 5, ${REST} }`,
    `${MCP}.tools: has admin_delete, and mcp has no rule of this name in call. Write a name as it stands there: render, admin_*, *, other`,
  ),
  inToolLimit(
    'all tools by a word',
    `{ by: 'subject', tools: 'all', requests: 5, ${REST} }`,
    `${MCP}.tools: must be 'each', or a list of names: ['notes_write']`,
  ),
  inToolLimit(
    'a tool without a list',
    `{ by: 'subject', tool: 'render', requests: 5, ${REST} }`,
    `${MCP}.tool: is not an option. Did you mean tools?`,
  ),
  inDeprecated('a day that there is not', "{ since: '2026-02-31' }", `${OLD}.since: ${MOMENT}`),
  inDeprecated('a day in words', "{ since: '1 July 2026' }", `${OLD}.since: ${MOMENT}`),
  inDeprecated(
    'a moment without its zone',
    "{ since: '2026-07-01T12:00:00' }",
    `${OLD}.since: ${MOMENT}`,
  ),
  inDeprecated(
    'an end before the beginning',
    "{ since: '2026-07-01', sunset: '2026-06-30' }",
    `${OLD}: ends before it is old: sunset has to be since, or later`,
  ),
  inDeprecated(
    'a page that is a path',
    "{ since: '2026-07-01', link: '/v1' }",
    `${OLD}.link: must be the whole URL of a page, for example 'https://docs.acme.example/v1-ends'`,
  ),
]
