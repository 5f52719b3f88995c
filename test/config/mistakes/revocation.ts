// What an owner says about cutting tokens off.

import { inConfig, inRevocation, type Mistake } from './mistake.ts'

export const REVOCATION: readonly Mistake[] = [
  inRevocation(
    'nothing in the brackets',
    '',
    'revocation: must be an object of options, for example revocation({ state: env.STATE, operatorKey: env.OPERATOR_KEY })',
  ),
  inRevocation(
    'a state Worker that is not bound',
    '{ state: env.STAT, operatorKey: env.OPERATOR_KEY }',
    'revocation.state: is not bound. Run "npx wrangler deploy -c src/state/wrangler.toml", then uncomment STATE in wrangler.toml',
  ),
  inRevocation(
    'nobody who could revoke',
    '{ state: env.STATE }',
    'revocation: has nobody who could revoke. Add operatorKey or events: revocation({ state: env.STATE, operatorKey: env.OPERATOR_KEY })',
  ),
  inRevocation(
    'an operator key that can be guessed',
    "{ state: env.STATE, operatorKey: 'letmein' }",
    'revocation.operatorKey: has 7 bytes, and a key needs 32 or more, or it can be guessed. Make one with "openssl rand -base64 32", and set it as a secret',
  ),
  inRevocation(
    'an operator key that is not set',
    '{ state: env.STATE, operatorKey: env.OPERATOR }',
    'revocation.operatorKey: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inRevocation(
    'events of another entry',
    "{ state: env.STATE, events: [fusionAuthEvents({ of: 'other' })] }",
    "revocation.events[0].of: names no entry of schemes that takes an issuer's tokens. Write 'main'",
  ),
  inRevocation(
    'events that are not made',
    "{ state: env.STATE, events: ['main'] }",
    "revocation.events[0]: must be made by a function such as fusionAuthEvents({ of: 'main' })",
  ),
  inRevocation(
    'events with a path that has a pattern in it',
    "{ state: env.STATE, events: [fusionAuthEvents({ of: 'main', path: '/hooks/*' })] }",
    "revocation.events[0].path: must be a path of letters, digits, '-', '.', '_' and '~', for example '/hooks/fusionauth'",
  ),
  inRevocation(
    'logouts of a client that is not set',
    "{ state: env.STATE, events: [backchannelLogout({ of: 'main', clientId: env.CLIENT })] }",
    'revocation.events[0].clientId: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example clientId: env.CLIENT_ID',
  ),
  inRevocation(
    'logouts at a path that has a pattern in it',
    "{ state: env.STATE, events: [backchannelLogout({ of: 'main', clientId: env.CLIENT_ID, path: '/hooks/*' })] }",
    "revocation.events[0].path: must be a path of letters, digits, '-', '.', '_' and '~', for example '/hooks/logout'",
  ),
  inRevocation(
    'marks that are kept for milliseconds',
    '{ state: env.STATE, operatorKey: env.OPERATOR_KEY, keepSeconds: 86_400_000 }',
    'revocation.keepSeconds: must be at most 2678400, in seconds (not milliseconds), for example 86400',
  ),
  inRevocation(
    'another word for an outage',
    "{ state: env.STATE, operatorKey: env.OPERATOR_KEY, onOutage: 'open' }",
    "revocation.onOutage: must be 'refuse' or 'allow'",
  ),
  inConfig(
    'revocation that is switched on and not made',
    "schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },\nrevocation: true,\nroutes: [{ path: '/api/claims', to: claims }],",
    'revocation: must be made by revocation({ state: env.STATE, operatorKey: env.OPERATOR_KEY })',
  ),
]
