// The options of cors.

import { inCors, inRoute, type Mistake } from './mistake.ts'

const AT = 'routes[1] (/orders/*).cors'
const ORIGINS = "['https://app.acme.example']"

const inOrigin = (name: string, origin: string, message: string) =>
  inCors(name, `{ origins: ['${origin}'] }`, `${AT}.origins[0]: ${message}`)

export const CORS: readonly Mistake[] = [
  inRoute(
    'cors that is true',
    "path: '/orders/*', to: env.ORIGIN, cors: true",
    `${AT}: must be made by cors({ … })`,
  ),
  inCors(
    'cors without options',
    '',
    `${AT}: must be an object of options, for example cors({ origins: ${ORIGINS} })`,
  ),
  inCors(
    'cors without origins',
    '{}',
    `${AT}.origins: is missing. Add it, for example origins: ${ORIGINS}`,
  ),
  inCors(
    'origins of a variable that is not set',
    '{ origins: env.ORIGINS }',
    `${AT}.origins: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example origins: ${ORIGINS}`,
  ),
  inCors(
    'one origin without a list',
    "{ origins: 'https://app.acme.example' }",
    `${AT}.origins: must be a list in [ ], for example ${ORIGINS}, or '*' for every page`,
  ),
  inCors(
    'every origin in a list',
    "{ origins: ['*'] }",
    `${AT}.origins[0]: is every page there is. Write origins: '*', without [ ]`,
  ),
  inCors(
    'every origin with credentials',
    "{ origins: '*', credentials: true }",
    `${AT}: has '*' in origins and credentials, so that every page there is could act as the people who visit it. List the origins of your own pages, for example origins: ${ORIGINS}, or take credentials out`,
  ),
  inCors(
    'every header with credentials',
    `{ origins: ${ORIGINS}, headers: '*', credentials: true }`,
    `${AT}: has '*' in headers and credentials, and browsers read it as a header called * then. List the headers, for example headers: ['x-trace-id']`,
  ),
  inOrigin(
    'the origin null',
    'null',
    "is what pages in a sandbox and files on a disk all send, so that anybody's page would be let in. Serve the page from an origin of its own, and write that, for example 'https://app.acme.example'",
  ),
  inOrigin(
    'an origin that is a host name',
    'app.acme.example',
    "must start with https://, for example 'https://app.acme.example'. What may be read is said by origin, not by host name",
  ),
  inOrigin(
    'an origin with a slash',
    'https://app.acme.example/',
    "must not end with a slash, for example 'https://app.acme.example'",
  ),
  inOrigin(
    'an origin with a path',
    'https://acme.example/app',
    "must have no path, for example 'https://app.acme.example'",
  ),
  inOrigin(
    'an origin in upper case',
    'https://App.acme.example',
    "must be in lower case, for example 'https://app.acme.example'",
  ),
  inOrigin(
    'an origin over http',
    'http://app.acme.example',
    "must start with https://, for example 'https://app.acme.example': on the way of a page over plain http anybody can change it. http is for localhost alone",
  ),
  inOrigin(
    'an origin with its usual port',
    'https://app.acme.example:443',
    "must not name the port 443, which no browser sends. Take ':443' away",
  ),
  inOrigin(
    'a part of a label as a wildcard',
    'https://app-*.acme.example',
    "may have one * as its whole first label: 'https://*.acme.example'",
  ),
  inOrigin(
    'a wildcard of every site',
    'https://*.example',
    "lets in every site below 'example', whoever has it. Write a domain of your own, for example 'https://*.acme.example'",
  ),
  inOrigin(
    'two origins in one text',
    'https://a.acme.example, https://b.acme.example',
    "is several origins in one text. Write ['https://app.acme.example', …]",
  ),
  inCors(
    'names of another library',
    `{ origins: ${ORIGINS}, allowedHeaders: ['x-a'], maxAge: 60 }`,
    `${AT}.allowedHeaders: is not an option. Did you mean headers?`,
    `${AT}.maxAge: is not an option. Did you mean maxAgeSeconds?`,
  ),
  inCors(
    'a method in lower case',
    `{ origins: ${ORIGINS}, methods: ['get'] }`,
    `${AT}.methods[0]: must be one method in upper case, for example 'GET'`,
  ),
  inCors(
    'every header exposed',
    `{ origins: ${ORIGINS}, exposed: ['*'] }`,
    `${AT}.exposed[0]: must name each header, for example 'x-total-count'`,
  ),
  inCors(
    'a time in milliseconds',
    `{ origins: ${ORIGINS}, maxAgeSeconds: 600_000 }`,
    `${AT}.maxAgeSeconds: must be at most 86400, in seconds (not milliseconds), for example 600`,
  ),
]
