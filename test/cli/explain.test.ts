// `npm run explain`: what it says of a request, and what of its own options.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { readArguments, requestOf, USAGE } from '../../src/cli/explain/arguments.ts'
import { explain } from '../../src/cli/explain/explain.ts'
import { keysFor, NOT_ASKED } from '../../src/cli/explain/keys.ts'
import { explainLine, lineToText } from '../../src/cli/explain/log-line.ts'
import { toText } from '../../src/cli/explain/text.ts'
import { checkOf } from '../../src/cli/explain/token-checks.ts'
import type { GatewayConfig } from '../../src/config/define.ts'
import { addresses } from '../../src/edge/addresses.ts'
import { bodyLimit } from '../../src/edge/body-limit.ts'
import { createTestIssuer } from '../support/mint.ts'

const NOW = 1_767_225_600
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/explain.md'), 'utf8')
const issuer = createTestIssuer({ now: () => NOW, algs: ['ES256'] })

const CONFIG: GatewayConfig = {
  hosts: ['api.test'],
  schemes: { main: oidc({ issuer: issuer.issuer, audience: 'gatehouse' }) },
  routes: [
    { path: '/orders/*', to: 'https://origin.test', scopes: ['orders:read'], roles: ['clerk'] },
    { path: '/orders/:id', to: 'https://origin.test', methods: ['POST'] },
    {
      path: '/office',
      auth: 'public',
      to: 'https://origin.test',
      addresses: addresses({ allow: ['203.0.113.0/24'], deny: ['203.0.113.9'] }),
      bodyLimit: bodyLimit({ maxBytes: 1_000 }),
    },
    { path: '/Status', auth: 'public', to: 'https://origin.test' },
  ],
}

async function run(args: string[], token?: string) {
  const read = readArguments(args)
  const now = () => read.now ?? NOW
  const document = JSON.stringify(await issuer.jwks())
  const keys = keysFor(CONFIG.schemes, { document, store: undefined, network: false, now, fetch })
  return explain(CONFIG, requestOf(read, CONFIG, token), { now, ...keys })
}

describe('npm run explain', () => {
  it('lists the checks of a token up to the one that fails, and those after it as not looked at', async () => {
    const token = await issuer.mint({ aud: 'other' })
    const { verdict, code, shown, keysFrom } = await run(['/orders/1/x'], token)
    expect([verdict, code, keysFrom]).toEqual(['refused', 'invalid_token', ['the file of --keys']])
    const verdicts = shown[0]?.checks?.map(({ name, verdict: one }) => `${name} ${one}`)
    expect(verdicts?.slice(0, 9)).toEqual([
      'form ok',
      'typ ok',
      'iss ok',
      'alg ok',
      'kid ok',
      'signature ok',
      'aud wrong',
      'exp not looked at',
      'nbf not looked at',
    ])
  })

  it('looks at scopes before roles', async () => {
    const { policy, code } = await run(['/orders/1/x'], await issuer.mint({ scope: '' }))
    expect(code).toBe('insufficient_scope')
    expect(policy.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['scopes', 'wrong'],
      ['roles', 'not looked at'],
    ])
  })

  it('says what a list of addresses makes of one, and what a limit of the body', async () => {
    const at = (address: string, ...more: string[]) =>
      run(['/office', '--address', address, ...more])
    const ok = { part: 'addresses', step: 'admit', outcome: 'ok' }
    expect((await at('203.0.113.8')).parts).toContainEqual(ok)
    const denied = await at('203.0.113.9')
    expect([denied.code, denied.parts]).toEqual([
      'address_denied',
      [
        {
          ...ok,
          outcome: 'address_denied: the address of the client is denied by 203.0.113.9',
        },
      ],
    ])
    const long = await at('203.0.113.8', '--header', 'content-length: 1001')
    expect([long.code, long.reason]).toEqual([
      'body_too_large',
      'the body is announced with more than 1000 bytes',
    ])
  })

  it('judges at another time', async () => {
    const token = await issuer.mint({ roles: ['clerk'] })
    expect((await run(['/orders/1/x'], token)).verdict).toBe('forwarded')
    const later = await run(['/orders/1/x', '--at', '2026-12-01T00:00Z'], token)
    expect([later.verdict, later.reason]).toEqual(['refused', 'the token has expired'])
  })

  it('says which routes were nearly it', async () => {
    const { nearMisses, code } = await run(['GET', '/status'])
    expect([code, nearMisses]).toEqual([
      'not_found',
      [
        {
          path: '/Status',
          host: undefined,
          why: 'is public, and so matched to the letter: upper and lower case differ',
        },
      ],
    ])
    expect((await run(['GET', '/orders/1'])).code).toBe('method_not_allowed')
  })

  it('shows no credential, wherever it is sent', async () => {
    const token = await issuer.mint({ roles: ['clerk'] })
    const explained = await run([`/orders/1/x?t=${token}`, '--header', `x-copy: ${token}`], token)
    expect(explained.verdict).toBe('forwarded')
    expect(JSON.stringify(explained)).not.toContain(token)
    expect(toText(explained)).not.toContain(token.split('.')[2])
  })

  it('does not decide without keys', async () => {
    const now = () => NOW
    const keys = keysFor(CONFIG.schemes, {
      document: undefined,
      store: undefined,
      network: false,
      now,
      fetch,
    })
    const request = requestOf(readArguments(['/orders/1/x']), CONFIG, await issuer.mint())
    const { verdict, reason, shown } = await explain(CONFIG, request, { now, ...keys })
    expect([verdict, shown[0]?.verdict]).toEqual(['undecided', 'unknown'])
    expect(reason).toContain(NOT_ASKED)
  })

  it('explains a line of the log', async () => {
    const event = {
      event: 'request',
      id: '1',
      method: 'GET',
      host: 'api.test',
      path: '/orders/1/x',
      route: '/old/*',
      status: 401,
      code: 'invalid_token',
      reason: 'the token has expired',
      scheme: 'main',
    }
    const around = { fetch, store: undefined, now: () => NOW }
    const explained = await explainLine(`(log) ${JSON.stringify(event)}`, CONFIG, around)
    expect(explained).toMatchObject({ code: 'invalid_token', check: 'exp', schemes: ['main'] })
    expect(lineToText(explained)).toContain('route: /old/*; by the file as it is now: /orders/*')
    await expect(explainLine('no', CONFIG, around)).rejects.toThrow(/^--log must be one line/)
  })

  it.each([
    [[], /^Give one request/],
    [['GET', '/a', '/b'], /^Give one request/],
    [['a'], /^The request needs a path/],
    [['/a', '--at', 'soon'], /^--at must be a time/],
    [['/a', '--log', '{}'], /^--log goes without a request/],
    [['/a', '--tokn', 'x'], /^Unknown option '--tokn'/],
  ])('says what is wrong with %j', (args, says) => {
    expect(() => readArguments(args)).toThrow(says)
  })

  it('knows of each reason for refusing a token which check it is of', () => {
    const folder = join(import.meta.dirname, '../../src/auth/bearer')
    const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
    const refusals = texts
      .slice()
      .join('')
      .matchAll(/throw refused\('([^']+)'\)/g)
    const unknown = [...refusals]
      .map(([, reason = '']) => reason)
      .filter((reason) => checkOf(reason) === 'preset')
    expect(unknown).toEqual([
      'the issuer may not be asked about the token',
      'the answer of introspection has no sub',
      'introspection says that the token is no bearer token',
    ])
  })

  it('has every option in docs/explain.md', () => {
    const options = [...USAGE.matchAll(/^ {2}--(\w+)/gm)].map(([, name]) => name)
    expect(options.filter((name) => !PAGE.includes(`\`--${name}`))).toEqual([])
    expect(options.length).toBeGreaterThan(8)
  })
})
