// The options of fusionAuth.

import { inFusionAuth, type Mistake } from './mistake.ts'

export const FUSIONAUTH: readonly Mistake[] = [
  inFusionAuth(
    'no url',
    'clientId: env.CLIENT_ID',
    "schemes.main.url: is missing. Add it, for example url: 'https://auth.acme.example'",
  ),
  inFusionAuth(
    'no client',
    "url: 'https://auth.acme.example'",
    'schemes.main.clientId: is missing. Add it, for example clientId: env.CLIENT_ID',
  ),
  inFusionAuth(
    'audience instead of clientId',
    "url: 'https://auth.acme.example', audience: env.CLIENT_ID",
    'schemes.main.audience: is not an option. Did you mean clientId?',
    'schemes.main.clientId: is missing. Add it, for example clientId: env.CLIENT_ID',
  ),
  inFusionAuth(
    'applicationId instead of clientId',
    "url: 'https://auth.acme.example', applicationId: env.CLIENT_ID",
    'schemes.main.applicationId: is not an option. Did you mean clientId?',
    'schemes.main.clientId: is missing. Add it, for example clientId: env.CLIENT_ID',
  ),
  inFusionAuth(
    'issuer instead of url',
    "issuer: 'acme.example', clientId: env.CLIENT_ID",
    "schemes.main.url: is missing. Add it, for example url: 'https://auth.acme.example'",
  ),
  inFusionAuth(
    'an url over http',
    "url: 'http://auth.acme.example', clientId: env.CLIENT_ID",
    "schemes.main.url: must start with https://, for example 'https://auth.acme.example'. Plain http is for localhost alone",
  ),
  inFusionAuth(
    'an url with a path of its API',
    "url: 'https://auth.acme.example/oauth2/authorize', clientId: env.CLIENT_ID",
    "schemes.main.url: must be the address of FusionAuth itself, without a path below it, for example 'https://auth.acme.example'",
  ),
  inFusionAuth(
    'tenants from a variable that is not set',
    "url: 'https://auth.acme.example', clientId: env.CLIENT_ID, tenants: env.TENANTS",
    'schemes.main.tenants: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inFusionAuth(
    'tenants that are text',
    "url: 'https://auth.acme.example', clientId: env.CLIENT_ID, tenants: '1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77'",
    "schemes.main.tenants: must be a list in [ ], for example ['1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77']",
  ),
  inFusionAuth(
    'tenantId instead of tenants',
    "url: 'https://auth.acme.example', clientId: env.CLIENT_ID, tenantId: '1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77'",
    'schemes.main.tenantId: is not an option. Did you mean tenants?',
  ),
  inFusionAuth(
    'no tenant at all',
    "url: 'https://auth.acme.example', clientId: env.CLIENT_ID, tenants: []",
    "schemes.main.tenants: is an empty list. Name at least one, for example ['1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77'], or take this option out",
  ),
  inFusionAuth(
    'a key id that is undefined',
    "url: 'https://auth.acme.example', clientId: env.CLIENT_ID, kids: [env.KEY_ID]",
    `schemes.main.kids[0]: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example '1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77'`,
  ),
  inFusionAuth(
    'registered in quotes',
    "url: 'https://auth.acme.example', clientId: env.CLIENT_ID, registered: 'no'",
    'schemes.main.registered: must be true or false, without quotes',
  ),
]
