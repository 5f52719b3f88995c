// Entries of `schemes`, and the options of oidc.

import { inOidc, inScheme, type Mistake } from './mistake.ts'

export const SCHEMES: readonly Mistake[] = [
  inScheme(
    'a preset that is not called',
    'main: oidc',
    'schemes.main: must be called, with its options: oidc({ … })',
  ),
  inScheme(
    'a preset without options',
    'main: oidc()',
    'schemes.main: must be an object of options, for example oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
  ),
  inScheme(
    'a preset with nothing',
    'main: oidc(undefined)',
    'schemes.main: must be an object of options, for example oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
  ),
  inScheme(
    'a preset with text',
    "main: oidc('https://auth.acme.example')",
    'schemes.main: must be an object of options, for example oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
  ),
  inScheme(
    'a preset with the environment',
    'main: oidc(env)',
    'schemes.main: is something else. Write options, for example oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
  ),
  inScheme(
    'options without a preset',
    'main: { issuer: env.ISSUER, audience: env.CLIENT_ID }',
    'schemes.main: must be made by a preset: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
  ),
  inScheme(
    'an address without a preset',
    'main: env.ISSUER',
    'schemes.main: must be made by a preset: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
  ),
  inScheme(
    'a scheme that is undefined',
    'main: undefined',
    'schemes.main: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value',
  ),
  inScheme(
    'a scheme called public',
    'public: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })',
    "schemes.public: must have another name, for example main: auth: 'public' means a route that is open to everybody",
  ),
  inOidc(
    'no audience',
    'issuer: env.ISSUER',
    "schemes.main.audience: is missing. Add it, for example audience: 'orders-api'",
  ),
  inOidc(
    'no issuer',
    'audience: env.CLIENT_ID',
    "schemes.main.issuer: is missing. Add it, for example issuer: 'https://auth.acme.example'",
  ),
  inOidc(
    'neither',
    '',
    "schemes.main.issuer: is missing. Add it, for example issuer: 'https://auth.acme.example'",
    "schemes.main.audience: is missing. Add it, for example audience: 'orders-api'",
  ),
  inOidc(
    'an audience from a variable that is not set',
    'issuer: env.ISSUER, audience: env.API_AUDIENCE',
    `schemes.main.audience: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example audience: 'orders-api'`,
  ),
  inOidc(
    'an issuer that is empty',
    'issuer: env.EMPTY, audience: env.CLIENT_ID',
    `schemes.main.issuer: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value, for example 'https://auth.acme.example'`,
  ),
  inOidc(
    'an audience that is a number',
    'issuer: env.ISSUER, audience: 42',
    "schemes.main.audience: must be text in quotes, for example 'orders-api'",
  ),
  inOidc(
    'an empty list of audiences',
    'issuer: env.ISSUER, audience: []',
    "schemes.main.audience: is an empty list. Name at least one, for example ['orders-api']",
  ),
  inOidc(
    'a list with an empty audience',
    "issuer: env.ISSUER, audience: ['orders-api', env.EMPTY]",
    `schemes.main.audience[1]: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value, for example 'orders-api'`,
  ),
  inOidc(
    'a misspelt option',
    'issuer: env.ISSUER, audiance: env.CLIENT_ID',
    'schemes.main.audiance: is not an option. Did you mean audience?',
    "schemes.main.audience: is missing. Add it, for example audience: 'orders-api'",
  ),
  inOidc(
    'clientId instead of audience',
    'issuer: env.ISSUER, clientId: env.CLIENT_ID',
    'schemes.main.clientId: is not an option. Did you mean audience?',
    "schemes.main.audience: is missing. Add it, for example audience: 'orders-api'",
  ),
  inOidc(
    'a client secret in the wrong place',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET',
    'schemes.main.clientSecret: is not an option. Did you mean introspect: { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET }?',
  ),
  inOidc(
    'scopes in the scheme',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, scopes: ['orders:read']",
    'schemes.main.scopes: is not an option. Scopes are asked for by a route: { path, to, scopes }',
  ),
  inOidc(
    'an issuer over http',
    "issuer: 'http://auth.acme.example', audience: env.CLIENT_ID",
    "schemes.main.issuer: must start with https://, for example 'https://auth.acme.example'. Plain http is for localhost alone",
  ),
  inOidc(
    'an issuer without https://',
    "issuer: 'auth.acme.example', audience: env.CLIENT_ID",
    "schemes.main.issuer: must start with https://, for example 'https://auth.acme.example'",
  ),
  inOidc(
    'the discovery document as issuer',
    "issuer: 'https://auth.acme.example/.well-known/openid-configuration', audience: env.CLIENT_ID",
    'schemes.main.issuer: is the address of a document of the issuer. Write what that document has as "issuer": as a rule what stands before /.well-known/',
  ),
  inOidc(
    'the key set as issuer',
    "issuer: 'https://auth.acme.example/oauth2/jwks.json', audience: env.CLIENT_ID",
    "schemes.main.issuer: is the address of an endpoint of the issuer. Write what its tokens have in iss, like 'https://auth.acme.example'",
  ),
  inOidc(
    'an issuer with a space',
    "issuer: 'https://auth.acme.example ', audience: env.CLIENT_ID",
    "schemes.main.issuer: has a space or a line break at its start or end. Take it away, as in 'https://auth.acme.example'",
  ),
  inOidc(
    'an issuer with a query',
    "issuer: 'https://auth.acme.example/?tenant=1', audience: env.CLIENT_ID",
    "schemes.main.issuer: must not have '?' or '#' in it. Write it like 'https://auth.acme.example'",
  ),
  inOidc(
    'an issuer with a placeholder',
    "issuer: 'https://login.microsoftonline.com/{tenant}/v2.0', audience: env.CLIENT_ID",
    "schemes.main.issuer: has a placeholder in { } or < >. Write what belongs there, as in 'https://auth.acme.example'",
  ),
  inOidc(
    'the issuer of every tenant',
    "issuer: 'https://login.microsoftonline.com/common/v2.0', audience: env.CLIENT_ID",
    "schemes.main.issuer: names no tenant, and no token has it in iss. Write the tenant's id: 'https://login.microsoftonline.com/<tenant id>/v2.0'",
  ),
  inOidc(
    'the issuer of the example file',
    "issuer: 'https://issuer.example.com', audience: env.CLIENT_ID",
    "schemes.main.issuer: is a value of an example (example.com). Write the address of your own issuer, like 'https://auth.acme.example'",
  ),
  inOidc(
    'two issuers in one entry',
    "issuer: ['https://auth.acme.example', 'https://idp.partner.example'], audience: env.CLIENT_ID",
    'schemes.main.issuer: must be one issuer. Make an entry of schemes for each',
  ),
  inOidc(
    'a key set over http',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, jwksUri: 'http://auth.acme.example/jwks'",
    "schemes.main.jwksUri: must start with https://, for example 'https://auth.acme.example'. Plain http is for localhost alone",
  ),
  inOidc(
    'a key set that is a path',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, jwksUri: '/jwks'",
    "schemes.main.jwksUri: must start with https://, for example 'https://auth.acme.example'",
  ),
  inOidc(
    'the discovery document as key set',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, jwksUri: 'https://auth.acme.example/.well-known/openid-configuration'",
    'schemes.main.jwksUri: is the address of the discovery document, which is found by itself. Take jwksUri out',
  ),
  inOidc(
    'a key set from a variable that is not set',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, jwksUri: env.JWKS_URI',
    'schemes.main.jwksUri: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inOidc(
    'jwks_uri as in discovery',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, jwks_uri: 'https://auth.acme.example/jwks'",
    'schemes.main.jwks_uri: is not an option. Did you mean jwksUri?',
  ),
]
