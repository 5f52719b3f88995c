// More options of oidc.

import { inOidc, type Mistake } from './mistake.ts'

export const OIDC_OPTIONS: readonly Mistake[] = [
  inOidc(
    'algorithms that are text',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, algorithms: 'RS256'",
    "schemes.main.algorithms: must be a list in [ ], for example ['RS256']",
  ),
  inOidc(
    'an algorithm in lower case',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, algorithms: ['rs256']",
    "schemes.main.algorithms[0]: must be written 'RS256'",
  ),
  inOidc(
    'a shared-secret algorithm',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, algorithms: ['HS256']",
    'schemes.main.algorithms[0]: is signed with a shared secret, which no key set publishes. Have the issuer sign with RS256 or ES256, or let it be asked: introspect: { …, sharedSecret: true }',
  ),
  inOidc(
    'the algorithm none',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, algorithms: ['none']",
    'schemes.main.algorithms[0]: must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
  ),
  inOidc(
    'no algorithm',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, algorithms: []',
    "schemes.main.algorithms: is an empty list. Name at least one, for example ['RS256'], or take this option out",
  ),
  inOidc(
    'a skew that is text',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, clockSkewSeconds: '30'",
    'schemes.main.clockSkewSeconds: must be a number of seconds without quotes, for example 30',
  ),
  inOidc(
    'a skew in milliseconds',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, clockSkewSeconds: 30_000',
    'schemes.main.clockSkewSeconds: must be at most 300, in seconds (not milliseconds), for example 30',
  ),
  inOidc(
    'a skew below zero',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, clockSkewSeconds: -1',
    'schemes.main.clockSkewSeconds: must be 0 or more, for example 30',
  ),
  inOidc(
    'leeway instead of clockSkewSeconds',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, leeway: 30',
    'schemes.main.leeway: is not an option. Did you mean clockSkewSeconds?',
  ),
  inOidc(
    'roles inside other claims, with a dot',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, rolesClaim: 'realm_access.roles'",
    "schemes.main.rolesClaim: is one name with a dot in it, not a way into other claims. Did you mean ['realm_access', 'roles']? If the name itself has the dot, write ['realm_access.roles']",
  ),
  inOidc(
    'scopes inside other claims, as JSONPath',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, scopeClaim: '$.authorization.scopes'",
    "schemes.main.scopeClaim: is one name with a dot in it, not a way into other claims. Did you mean ['authorization', 'scopes']? If the name itself has the dot, write ['$.authorization.scopes']",
  ),
  inOidc(
    'a claim location that is an object',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, rolesClaim: { realm_access: 'roles' }",
    "schemes.main.rolesClaim: must be the name of a claim, for example 'email', or the way to one inside others, for example ['realm_access', 'roles']",
  ),
  inOidc(
    'an empty claim location',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, rolesClaim: []',
    "schemes.main.rolesClaim: must be the name of a claim, for example 'email', or the way to one inside others, for example ['realm_access', 'roles']",
  ),
  inOidc(
    'token places that are no list',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: { cookie: 'CF_Authorization' }",
    "schemes.main.tokenFrom: must be a list in [ ], for example [{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]",
  ),
  inOidc(
    'token places that are text',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: ['CF_Authorization']",
    "schemes.main.tokenFrom[0]: must be { header: '…' }, { cookie: '…' } or { subprotocol: '…' }, as in [{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]",
  ),
  inOidc(
    'a token in a header in upper case',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ header: 'Cf-Access-Jwt-Assertion' }]",
    "schemes.main.tokenFrom[0]: must have the name of one header in lower case, of letters, digits and '-', as in { header: 'cf-access-jwt-assertion' }",
  ),
  inOidc(
    'a token in Authorization',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ header: 'Authorization' }]",
    'schemes.main.tokenFrom[0]: must not name authorization, which is always read. Take it out',
  ),
  inOidc(
    'a token in the header Cookie',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ header: 'cookie' }]",
    "schemes.main.tokenFrom[0]: must not name the header cookie. Name the cookie: { cookie: 'CF_Authorization' }",
  ),
  inOidc(
    'a cookie with its value',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ cookie: 'session=abc' }]",
    "schemes.main.tokenFrom[0]: must have the name of one cookie, without spaces and '=', as in { cookie: 'CF_Authorization' }",
  ),
  inOidc(
    'two places in one',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ header: 'x-token', cookie: 'token' }]",
    "schemes.main.tokenFrom[0]: must be { header: '…' }, { cookie: '…' } or { subprotocol: '…' }, as in [{ header: 'cf-access-jwt-assertion' }, { cookie: 'CF_Authorization' }]",
  ),
  inOidc(
    'a binding by its name',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, via: 'AUTH'",
    'schemes.main.via: must be a binding (something with a fetch function), for example env.AUTH. Declare it in wrangler.toml under [[services]], [[mtls_certificates]] or [[vpc_services]]',
  ),
  inOidc(
    'a binding that is not declared',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, via: env.IDP',
    'schemes.main.via: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inOidc(
    'keys elsewhere than the binding leads',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, via: env.AUTH, jwksUri: 'https://keys.acme.example/jwks'",
    'schemes.main.via: leads to one origin, and issuer, jwksUri and introspect.endpoint are on several. Write them on one origin, or take via out',
  ),
  inOidc(
    'a place for tokens that is ambient in quotes',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ header: 'x-session', ambient: 'yes' }]",
    "schemes.main.tokenFrom[0]: must have ambient: true or ambient: false, without quotes, as in { header: 'x-session-token', ambient: true }",
  ),
  inOidc(
    'a cookie that is said to be ambient',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ cookie: 'session', ambient: true }]",
    "schemes.main.tokenFrom[0]: must not have ambient beside a cookie, which is always sent by the browser itself. Take ambient out, as in { cookie: 'CF_Authorization' }",
  ),
  inOidc(
    'a longest token with a unit',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, maxTokenLength: '12 KiB'",
    'schemes.main.maxTokenLength: must be a whole number of characters from 1 to 16384, without quotes, for example 12000',
  ),
  inOidc(
    'ways to roles with a name among them',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, rolesClaim: [['realm_access', 'roles'], 'groups']",
    "schemes.main.rolesClaim[1]: must be a list in [ ], for example ['realm_access', 'roles']",
  ),
  inOidc(
    'introspection with two secrets',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET, bearerKey: env.CLIENT_SECRET }',
    'schemes.main.introspect: has clientSecret and bearerKey, and only one of them can be sent. Take bearerKey out, or, where the issuer wants a fixed key, clientSecret',
  ),
  inOidc(
    'introspection that is switched on',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: true',
    'schemes.main.introspect: must be an object of options, for example { clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET }',
  ),
  inOidc(
    'introspection without a client',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientSecret: env.CLIENT_SECRET }',
    'schemes.main.introspect: must say who asks, or the issuer does not answer. Add clientId: env.CLIENT_ID (and clientSecret: env.CLIENT_SECRET), or, where the issuer wants a fixed key, bearerKey: env.INTROSPECTION_KEY',
  ),
  inOidc(
    'introspection with a secret that is not set',
    'issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientId: env.CLIENT_ID, clientSecret: env.IDP_SECRET }',
    'schemes.main.introspect.clientSecret: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, or take this option out',
  ),
  inOidc(
    'a way to send the secret that does not exist',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientId: env.CLIENT_ID, clientAuthentication: 'basic' }",
    "schemes.main.introspect.clientAuthentication: must be 'client_secret_basic' or 'client_secret_post'",
  ),
  inOidc(
    'an introspection endpoint over http',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientId: env.CLIENT_ID, endpoint: 'http://auth.acme.example/introspect' }",
    "schemes.main.introspect.endpoint: must start with https://, for example 'https://auth.acme.example'. Plain http is for localhost alone",
  ),
  inOidc(
    'a claim that no answer may lack',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientId: env.CLIENT_ID, mayOmit: ['nbf'] }",
    "schemes.main.introspect.mayOmit[0]: must be 'iss', 'aud', 'sub' or 'exp'",
  ),
  inOidc(
    'opaque in quotes',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, introspect: { clientId: env.CLIENT_ID, opaque: 'true' }",
    'schemes.main.introspect.opaque: must be true or false, without quotes',
  ),
  inOidc(
    'a token in the query',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ query: 'access_token' }]",
    "schemes.main.tokenFrom[0]: must not be in the query, which is logged and shared. Use a header, or { subprotocol: 'access-token' } for a WebSocket. Where nothing else works, write { dangerouslyQuery: 'access_token' }",
  ),
  inOidc(
    'a token in the query by its ugly name',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ dangerouslyQuery: 'access_token' }]",
    'WARNING schemes.main.tokenFrom[0].dangerouslyQuery: lets tokens stand in addresses, which are logged, shared and kept in histories. Take it out unless callers can send a token nowhere else',
  ),
  inOidc(
    'a parameter with its separator',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ dangerouslyQuery: '?token=' }]",
    "schemes.main.tokenFrom[0]: must have the name of one parameter, of letters, digits, '_', '.', '~' and '-', as in { dangerouslyQuery: 'access_token' }",
  ),
  inOidc(
    'a subprotocol with the dot before the token',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ subprotocol: 'access-token.' }]",
    "schemes.main.tokenFrom[0]: must have a name of letters, digits, '_' and '-', as in { subprotocol: 'access-token' }",
  ),
  inOidc(
    'the header of subprotocols',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ header: 'sec-websocket-protocol' }]",
    "schemes.main.tokenFrom[0]: must not name the header of subprotocols. Name the subprotocol: { subprotocol: 'access-token' }",
  ),
  inOidc(
    'ambient beside a subprotocol',
    "issuer: env.ISSUER, audience: env.CLIENT_ID, tokenFrom: [{ subprotocol: 'access-token', ambient: true }]",
    'schemes.main.tokenFrom[0]: must not have ambient beside subprotocol. Take ambient out',
  ),
]
