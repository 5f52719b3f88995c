// The option possession, and the options of dpop() and mtls().

import { inOidc, type Mistake } from './mistake.ts'

const OIDC = 'issuer: env.ISSUER, audience: env.CLIENT_ID'
const POSSESSION = 'schemes.main.possession'
const UNBOUND =
  'is not bound. Run "npx wrangler deploy -c src/state/wrangler.toml", then uncomment STATE in wrangler.toml'
const IMPORTED = `import { dpop } from './auth/possession/dpop.ts'
import { mtls } from './auth/possession/mtls.ts'
`

function inPossession(name: string, written: string, ...messages: string[]): Mistake {
  const mistake = inOidc(name, `${OIDC}, possession: ${written}`, ...messages)
  return { ...mistake, file: IMPORTED + mistake.file }
}

const inDpop = (name: string, options: string, ...messages: string[]) =>
  inPossession(name, `[dpop(${options})]`, ...messages)

export const POSSESSIONS: readonly Mistake[] = [
  inPossession(
    'one check without a list',
    'dpop({ state: env.STATE })',
    `${POSSESSION}: must be a list in [ ], for example [dpop({ state: env.STATE })]`,
  ),
  inPossession(
    'no check',
    '[]',
    `${POSSESSION}: is an empty list. Write [dpop({ state: env.STATE })], or take this option out`,
  ),
  inPossession(
    'the name of a check',
    "['dpop']",
    `${POSSESSION}[0]: must be made by dpop(…) or mtls(…), as in [dpop({ state: env.STATE })]`,
  ),
  inPossession(
    'a check that stands there twice',
    '[mtls(), mtls({ required: true })]',
    `${POSSESSION}[1]: stands here twice. Write it once`,
  ),
  inPossession(
    'a state that is not bound',
    '[dpop({ state: env.STAT })]',
    `${POSSESSION}[0].state: ${UNBOUND}`,
  ),
  inDpop('DPoP without a state', '{}', `${POSSESSION}[0].state: ${UNBOUND}`),
  inDpop(
    'DPoP without options',
    '',
    `${POSSESSION}[0]: must be an object of options, for example dpop({ state: env.STATE })`,
  ),
  inDpop(
    'a KV namespace as state',
    '{ state: env.STORE }',
    `${POSSESSION}[0].state: must be the service binding to gatehouse-state: state: env.STATE`,
  ),
  inDpop(
    'a state that nobody asks',
    '{ state: env.ORDERS, dangerouslyAllowReplays: true }',
    `${POSSESSION}[0].state: is there beside dangerouslyAllowReplays: true, with which nobody asks it. Take one of the two out`,
  ),
  inDpop(
    'a replay switch of another name',
    "{ state: env.ORDERS, replay: 'none' }",
    `${POSSESSION}[0].replay: is not an option. Did you mean dangerouslyAllowReplays?`,
  ),
  inDpop(
    'a proof that may be older than five minutes',
    '{ state: env.ORDERS, proofMaxAgeSeconds: 3600 }',
    `${POSSESSION}[0].proofMaxAgeSeconds: must be at most 300, in seconds (not milliseconds), for example 60`,
  ),
  inDpop(
    'proofs with a shared secret',
    "{ state: env.ORDERS, algorithms: ['HS256'] }",
    `${POSSESSION}[0].algorithms[0]: must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519`,
  ),
  inDpop(
    'a nonce that is switched on',
    '{ state: env.ORDERS, nonce: true }',
    `${POSSESSION}[0].nonce: must be an object of options, for example { key: env.DPOP_NONCE_KEY }`,
  ),
  inDpop(
    'a nonce whose key is not set',
    '{ state: env.ORDERS, nonce: { key: env.DPOP_NONCE_KEY } }',
    `${POSSESSION}[0].nonce.key: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example key: env.DPOP_NONCE_KEY`,
  ),
  inDpop(
    'a nonce whose key is too short',
    "{ state: env.ORDERS, nonce: { key: 'short' } }",
    `${POSSESSION}[0].nonce.key: has 5 bytes, and a key needs 32 or more, or nonces can be forged. Make one with "openssl rand -base64 32", and set it as a secret`,
  ),
  inPossession(
    'certificates that are required in quotes',
    "[mtls({ required: 'true' })]",
    `${POSSESSION}[0].required: must be true or false, without quotes`,
  ),
]
