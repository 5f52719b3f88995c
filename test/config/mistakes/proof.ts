// The options of assertion and tracing.

import { inPart, inRoute, type Mistake } from './mistake.ts'

const inAssertion = (name: string, part: string, ...messages: string[]) =>
  inPart(name, 'upstream/assertion/assertion', part, ...messages)
const inTracing = (name: string, part: string, ...messages: string[]) =>
  inPart(name, 'operate/tracing', part, ...messages)
const keyOf = (name: string, key: string, ...messages: string[]) =>
  inAssertion(name, `assertion: assertion({ keys: [${key}] })`, ...messages)

const AT = 'routes[1] (/orders/*).assertion'
const HOW = 'Make one with "npm run -s assertion-key", and set it as a secret'
const changed = (change: string) =>
  `JSON.stringify({ ...JSON.parse(env.ASSERTION_KEY), ${change} })`

export const PROOF: readonly Mistake[] = [
  inAssertion(
    'an assertion that is not called',
    'assertion: assertion',
    `${AT}: must be called, with parentheses: assertion({ keys: [env.ASSERTION_KEY] })`,
  ),
  inRoute(
    'an assertion that is switched on',
    "path: '/orders/*', to: env.ORIGIN, assertion: true",
    `${AT}: must be made by assertion({ keys: [env.ASSERTION_KEY] })`,
  ),
  inAssertion(
    'an assertion without options',
    'assertion: assertion()',
    `${AT}: must be an object of options, for example assertion({ keys: [env.ASSERTION_KEY] })`,
  ),
  inAssertion(
    'an assertion with one key without a list',
    'assertion: assertion({ keys: env.ASSERTION_KEY })',
    `${AT}.keys: must be a list in [ ], for example [env.ASSERTION_KEY]`,
  ),
  inAssertion(
    'an assertion with key for keys',
    'assertion: assertion({ key: env.ASSERTION_KEY })',
    `${AT}.key: is not an option. Did you mean keys?`,
    `${AT}.keys: is missing. Add it, for example keys: [env.ASSERTION_KEY]`,
  ),
  keyOf(
    'a key for assertions that is not set',
    'env.OTHER_KEY',
    `${AT}.keys[0]: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example env.ASSERTION_KEY`,
  ),
  keyOf(
    'a key for assertions that is a shared secret',
    'env.LINK_KEY',
    `${AT}.keys[0]: is no key, and must be a private JSON Web Key. ${HOW}`,
  ),
  keyOf(
    'a key for assertions in PEM',
    "'-----BEGIN PRIVATE KEY-----'",
    `${AT}.keys[0]: is a key in PEM, and must be a private JSON Web Key. ${HOW}`,
  ),
  keyOf(
    'a key set for assertions',
    '\'{ "keys": [] }\'',
    `${AT}.keys[0]: is a key set, and must be one key. Take one of its "keys"`,
  ),
  keyOf(
    'a public key for assertions',
    changed('d: undefined'),
    `${AT}.keys[0]: is a public key, and only a private one can sign: it has the member "d". ${HOW}`,
  ),
  keyOf(
    'a key for assertions on another curve',
    changed("crv: 'P-384'"),
    `${AT}.keys[0]: is of a kind that is not taken. It must be an EC key on P-256 (ES256) or an OKP key on Ed25519 (EdDSA). ${HOW}`,
  ),
  keyOf(
    'a key for assertions with a part cut off',
    changed("y: 'TcWI'"),
    `${AT}.keys[0]: has a member "y" that is not 32 bytes in base64url. Copy the whole key again`,
  ),
  keyOf(
    'a key for assertions that encrypts',
    changed("use: 'enc'"),
    `${AT}.keys[0]: has "use", "key_ops" or "alg" that do not let it sign. ${HOW}`,
  ),
  keyOf(
    'a key for assertions with a number as kid',
    changed('kid: 1'),
    `${AT}.keys[0]: has a "kid" that is not 1 to 128 visible ASCII characters. Take it out: the key then gets one by itself`,
  ),
  keyOf(
    'one key for assertions twice',
    'env.ASSERTION_KEY, env.ASSERTION_KEY',
    `${AT}.keys: has one key twice, or two with one "kid". Take one of them out`,
  ),
  keyOf(
    'three keys for assertions',
    'env.ASSERTION_KEY, env.ASSERTION_KEY, env.ASSERTION_KEY',
    `${AT}.keys: has more than 2 keys. Keep the one that signs and the next or last one`,
  ),
  inAssertion(
    'an assertion for an empty audience',
    "assertion: assertion({ keys: [env.ASSERTION_KEY], audience: '' })",
    `${AT}.audience: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value, for example 'https://orders.acme.example'`,
  ),
  inTracing(
    'a trace that is not called',
    'trace: tracing',
    'routes[1] (/orders/*).trace: must be called, with parentheses: tracing()',
  ),
  inTracing(
    'a ratio in percent',
    'trace: tracing({ sampleRatio: 10 })',
    'routes[1] (/orders/*).trace.sampleRatio: must be a number from 0 (none) to 1 (all), for example 0.1',
  ),
  inTracing(
    'a switch in quotes',
    "trace: tracing({ acceptRequestId: 'no' })",
    'routes[1] (/orders/*).trace.acceptRequestId: must be true or false, without quotes',
  ),
]
