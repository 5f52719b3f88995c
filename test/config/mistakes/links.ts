// The options of signedLinks.

import { inLinks, type Mistake } from './mistake.ts'

const KEYS = 'keys: [env.LINK_KEY]'
const options = (text: string) => `{ ${text} }`
const HOW = 'Make one with "openssl rand -base64 32", and set it as a secret'
const ONE_MODE =
  'must have one of ttlSeconds (a link has the time at which it was made) and expires (the time at which it ends), for example ttlSeconds: 600'

export const LINKS: readonly Mistake[] = [
  inLinks(
    'links without options',
    '',
    'schemes.links: must be an object of options, for example signedLinks({ keys: [env.LINK_KEY], ttlSeconds: 600 })',
  ),
  inLinks(
    'links without keys',
    options('ttlSeconds: 600'),
    'schemes.links.keys: is missing. Add it, for example keys: [env.LINK_KEY]',
  ),
  inLinks(
    'one key without a list',
    options('keys: env.LINK_KEY, ttlSeconds: 600'),
    'schemes.links.keys: must be a list in [ ], for example [env.LINK_KEY]',
  ),
  inLinks(
    'a key that is too short',
    options("keys: ['only-20-bytes-long--'], ttlSeconds: 600"),
    `schemes.links.keys[0]: has 20 bytes, and a key needs 32 or more, or links can be forged. ${HOW}`,
  ),
  inLinks(
    'a second key from an example',
    options("keys: [env.LINK_KEY, 'an-example-of-a-key-that-is-long-enough'], ttlSeconds: 600"),
    `schemes.links.keys[1]: looks like a value from an example. ${HOW}`,
  ),
  inLinks(
    'a key of few characters',
    options("keys: ['abababababababababababababababababab'], ttlSeconds: 600"),
    `schemes.links.keys[0]: has too few different characters and can be guessed. ${HOW}`,
  ),
  inLinks(
    'four keys',
    options('keys: [env.LINK_KEY, env.LINK_KEY, env.LINK_KEY, env.LINK_KEY], ttlSeconds: 600'),
    'schemes.links.keys: has more than 3 keys. Take out those that no link is signed with',
  ),
  inLinks(
    'keys of a host with a scheme',
    options("keys: { 'https://files.acme.example': [env.LINK_KEY] }, ttlSeconds: 600"),
    "schemes.links.keys.https://files.acme.example: must be a host name in lower case, without port, as in { 'files.acme.example': [env.LINK_KEY] }",
  ),
  inLinks(
    'keys of no host',
    options('keys: {}, ttlSeconds: 600'),
    "schemes.links.keys: is empty. Name at least one host, for example { 'files.acme.example': [env.LINK_KEY] }",
  ),
  inLinks('links without an end', options(KEYS), `schemes.links: ${ONE_MODE}`),
  inLinks(
    'links with two modes',
    options(`${KEYS}, ttlSeconds: 600, expires: { maxSeconds: 600 }`),
    `schemes.links: ${ONE_MODE}`,
  ),
  inLinks(
    'half a second',
    options(`${KEYS}, ttlSeconds: 1.5`),
    'schemes.links.ttlSeconds: must be a whole number of seconds, for example 600',
  ),
  inLinks(
    'a life of 0',
    options(`${KEYS}, ttlSeconds: 0`),
    'schemes.links.ttlSeconds: must be 1 or more, for example 600',
  ),
  inLinks(
    'ttl instead of ttlSeconds',
    options(`${KEYS}, ttl: 600, ttlSeconds: 600`),
    'schemes.links.ttl: is not an option. Did you mean ttlSeconds?',
  ),
  inLinks(
    'a format that is not known',
    options(`${KEYS}, ttlSeconds: 600, format: 's'`),
    "schemes.links.format: must be 'gatehouse', 'cloudflare', 'cloudflare-s'",
  ),
  inLinks(
    'a place that is text',
    options(`${KEYS}, ttlSeconds: 600, from: 'verify'`),
    "schemes.links.from: must be { query: 'verify' } or { header: 'x-link-token' }",
  ),
  inLinks(
    'two places',
    options(`${KEYS}, ttlSeconds: 600, from: { query: 'verify', header: 'x-link' }`),
    "schemes.links.from: must be { query: 'verify' } or { header: 'x-link-token' }",
  ),
  inLinks(
    'a token in Authorization',
    options(`${KEYS}, ttlSeconds: 600, from: { header: 'authorization' }`),
    "schemes.links.from: must not be authorization, which others read too. Use a header of its own: { header: 'x-link-token' }",
  ),
  inLinks(
    'a header in upper case',
    options(`${KEYS}, ttlSeconds: 600, from: { header: 'X-Link' }`),
    "schemes.links.from: must have the name of one header in lower case, of letters, digits and '-', as in { header: 'x-link-token' }",
  ),
  inLinks(
    'a parameter with its separator',
    options(`${KEYS}, ttlSeconds: 600, from: { query: '?verify=' }`),
    "schemes.links.from: must have the name of one parameter, of letters, digits, '_', '.', '~' and '-', as in { query: 'verify' }",
  ),
  inLinks(
    'a prefix without methods',
    options(`${KEYS}, ttlSeconds: 600, prefix: {}`),
    "schemes.links.prefix.methods: is missing. Add it, for example methods: ['GET', 'POST']",
  ),
  inLinks(
    'a method in lower case',
    options(`${KEYS}, ttlSeconds: 600, prefix: { methods: ['get'] }`),
    "schemes.links.prefix.methods[0]: must be a method in upper case, for example 'POST'",
  ),
  inLinks(
    "what Cloudflare's format does not sign",
    options(
      `${KEYS}, ttlSeconds: 600, format: 'cloudflare', prefix: { methods: ['GET'] }, bind: { address: true }`,
    ),
    "schemes.links.prefix: is not signed in Cloudflare's format. Take it out, or take format out, for links in the gateway's own",
    "schemes.links.bind: is not signed in Cloudflare's format. Take it out, or take format out, for links in the gateway's own",
  ),
  inLinks(
    'ip instead of address',
    options(`${KEYS}, ttlSeconds: 600, bind: { ip: true }`),
    'schemes.links.bind.ip: is not an option. Did you mean address?',
  ),
]
