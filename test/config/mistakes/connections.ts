// The options of addresses, bodyLimit, retry and idleTimeout.

import { inPart, inRoute, type Mistake } from './mistake.ts'

const AT = 'routes[1] (/orders/*)'

const inAddresses = (name: string, options: string, ...messages: string[]) =>
  inPart(name, 'edge/addresses', `addresses: addresses(${options})`, ...messages)
const range = (name: string, written: string, message: string) =>
  inAddresses(name, `{ allow: ['${written}'] }`, `${AT}.addresses.allow[0]: ${message}`)
const inBodyLimit = (name: string, options: string, ...messages: string[]) =>
  inPart(name, 'edge/body-limit', `bodyLimit: bodyLimit(${options})`, ...messages)
const inRetry = (name: string, options: string, ...messages: string[]) =>
  inPart(name, 'upstream/retry', `retry: retry(${options})`, ...messages)
const inIdleTimeout = (name: string, options: string, ...messages: string[]) =>
  inPart(name, 'upstream/idle-timeout', `idleTimeout: idleTimeout(${options})`, ...messages)

const EXAMPLE = "addresses({ allow: ['203.0.113.0/24'] })"
const ANY =
  "must be an IP address or a range of them, for example '203.0.113.7', '203.0.113.0/24' or '2001:db8::/32'"
const BYTES =
  'must be a whole number of bytes, more than 0 and without quotes, for example 1_048_576 (1 MiB)'
const ONCE = 'Take it out: a request is sent again once at most'

/** A route to a function has nobody to ask again, and nobody to wait for. */
const FOR_FUNCTIONS = [
  ['retry', 'retry()', 'upstream/retry'],
  ['idleTimeout', 'idleTimeout({ seconds: 60 })', 'upstream/idle-timeout'],
].map(([part, made, from]): Mistake => {
  const route = `path: '/orders/*', to: claims, ${part}: ${made}`
  const message = `${AT}.${part}: is about a service behind the gateway, and to is a function. Take it out`
  const inFile = inRoute(`${part} for a function`, route, message)
  return { ...inFile, file: `import { ${part} } from './${from}.ts'\n${inFile.file}` }
})

export const CONNECTIONS: readonly Mistake[] = [
  inAddresses(
    'addresses without options',
    '',
    `${AT}.addresses: must be an object of options, for example ${EXAMPLE}`,
  ),
  inAddresses(
    'addresses that name none',
    '{}',
    `${AT}.addresses: names no address. Write ${EXAMPLE}`,
  ),
  inAddresses(
    'addresses as a list in the brackets',
    "['203.0.113.0/24']",
    `${AT}.addresses: must be an object of options, for example ${EXAMPLE}`,
  ),
  inAddresses(
    'addresses that are not set',
    '{ allow: env.OFFICE }',
    `${AT}.addresses.allow: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example allow: ['203.0.113.0/24', '2001:db8::/32'], or take this option out`,
  ),
  inAddresses(
    'one address without a list',
    "{ deny: '203.0.113.7' }",
    `${AT}.addresses.deny: must be a list in [ ], for example ['203.0.113.0/24', '2001:db8::/32']`,
  ),
  inAddresses(
    'an empty list of addresses',
    '{ allow: [] }',
    `${AT}.addresses.allow: is an empty list. Name at least one, for example ['203.0.113.0/24', '2001:db8::/32'], or take this option out`,
  ),
  inAddresses(
    'a blocklist',
    "{ blocklist: ['203.0.113.7'] }",
    `${AT}.addresses.blocklist: is not an option. Did you mean deny?`,
  ),
  inRoute(
    'addresses without their function',
    "path: '/orders/*', to: env.ORIGIN, addresses: ['203.0.113.7']",
    `${AT}.addresses: must be made by ${EXAMPLE}`,
  ),
  inRoute(
    'an option ip',
    "path: '/orders/*', to: env.ORIGIN, ip: ['203.0.113.7']",
    `${AT}.ip: is not an option. Did you mean addresses?`,
  ),
  range('a number too large', '203.0.113.256', ANY),
  range('three numbers', '203.0.113/24', ANY),
  range('an address in octal', '010.0.0.1', ANY),
  range('an address with a zone', 'fe80::1%eth0', ANY),
  range('an address with a port', '203.0.113.7:443', ANY),
  range(
    'a name for an address',
    'office.acme.example',
    'is a name, and must be an IP address: names are not looked up',
  ),
  range('a range with a star', '203.0.*.*', "must not have '*' in it. Write '203.0.0.0/16'"),
  range(
    'a range from one address to another',
    '203.0.113.1-203.0.113.9',
    "must be a range in CIDR notation, not from one address to another, for example '203.0.113.0/24'",
  ),
  range(
    'a range with a mask',
    '203.0.113.0/255.255.255.0',
    "must end with a number: '203.0.113.0/24'",
  ),
  range(
    'a range of IPv4 with more than 32 bits',
    '203.0.113.0/33',
    "must end with a number from 0 to 32, for example '203.0.113.0/32' for one address",
  ),
  range(
    'a range of IPv6 with more than 128 bits',
    '2001:db8::/129',
    "must end with a number from 0 to 128, for example '2001:db8::/128' for one address",
  ),
  range(
    'a range without its number',
    '203.0.113.0/',
    "must end with a number from 0 to 32, for example '203.0.113.0/32' for one address",
  ),
  range(
    'a range that begins in its middle',
    '203.0.113.7/24',
    "does not begin where its range does. Write '203.0.113.0/24', or '203.0.113.7' for this one address",
  ),
  range(
    'a range of IPv6 that begins in its middle',
    '2001:db8::1/32',
    "does not begin where its range does. Write '2001:db8::/32', or '2001:db8::1' for this one address",
  ),
  range(
    'IPv4 in the form of IPv6',
    '::ffff:203.0.113.0/120',
    "is IPv4 in the form of IPv6. Write it as IPv4: '203.0.113.0/24'",
  ),
  inBodyLimit(
    'a limit of the body in words',
    "{ maxBytes: '10mb' }",
    `${AT}.bodyLimit.maxBytes: ${BYTES}`,
  ),
  inBodyLimit('a limit of no bytes', '{ maxBytes: 0 }', `${AT}.bodyLimit.maxBytes: ${BYTES}`),
  inBodyLimit(
    'a limit of the body without options',
    '',
    `${AT}.bodyLimit: must be an object of options, for example bodyLimit({ maxBytes: 1_048_576 })`,
  ),
  inBodyLimit(
    'a limit of the body under another name',
    '{ maxSize: 1_000 }',
    `${AT}.bodyLimit.maxSize: is not an option. Did you mean maxBytes?`,
    `${AT}.bodyLimit.maxBytes: is missing. Add it, for example maxBytes: 1_048_576`,
  ),
  inRetry(
    'a status that is an answer',
    '{ statuses: [500] }',
    `${AT}.retry.statuses[0]: must be 502, 503 or 504, without quotes: every other status is an answer`,
  ),
  inRetry(
    'a number of attempts',
    '{ attempts: 3 }',
    `${AT}.retry.attempts: is not an option. ${ONCE}`,
  ),
  inRetry(
    'a budget that is a part of one',
    '{ budgetPercent: 0.1 }',
    `${AT}.retry.budgetPercent: must be a whole number from 1 to 100, for example 10: of a hundred requests, ten may be sent again`,
  ),
  inRoute(
    'a retry that is a number',
    "path: '/orders/*', to: env.ORIGIN, retry: 1",
    `${AT}.retry: must be made by retry()`,
  ),
  ...FOR_FUNCTIONS,
  inIdleTimeout(
    'an idle timeout in milliseconds',
    '{ seconds: 30_000 }',
    `${AT}.idleTimeout.seconds: must be at most 600, in seconds (not milliseconds), for example 60`,
  ),
  inIdleTimeout(
    'an idle timeout under another name',
    '{ timeoutSeconds: 30 }',
    `${AT}.idleTimeout.timeoutSeconds: is not an option. Did you mean seconds?`,
    `${AT}.idleTimeout.seconds: is missing. Add it, for example seconds: 60`,
  ),
  inRoute(
    'an idle timeout that is a number',
    "path: '/orders/*', to: env.ORIGIN, idleTimeout: 60",
    `${AT}.idleTimeout: must be made by idleTimeout({ seconds: 60 })`,
  ),
]
