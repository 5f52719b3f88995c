// The watch over all logs of the tests: seen to end a test in which something is logged on purpose.

import { describe, expect, it } from 'vitest'
import type { SchemeFeature } from '../../src/auth/feature.ts'
import { GatewayError } from '../../src/errors.ts'
import { requestLog } from '../../src/operate/request-log.ts'
import { createTestGateway } from '../support/gateway.ts'
import { findSecret } from '../support/log-secrets.ts'

/** A scheme that tells of what it has found. */
function telling(what: (token: string) => string): SchemeFeature {
  return {
    check: () => {},
    compile: (name) => ({
      name,
      withholds: [{ header: 'authorization' }],
      find: ({ request: { headers } }) => {
        const value = headers.get('authorization')?.replace('Bearer ', '')
        return value === undefined
          ? undefined
          : { value, place: { header: 'authorization' }, ambient: false }
      },
      verify: ({ value }) => {
        throw new GatewayError('invalid_token', { reason: `this is wrong: ${what(value)}` })
      },
      challenge: () => 'Bearer',
    }),
  }
}

const part = (token: string, index: number) => token.split('.')[index] ?? ''
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(part(token, 1), 'base64url').toString()) as { email: string }

describe('the watch over logs', () => {
  it.each([
    ['a token', (token: string) => token, 'a signed token'],
    ['a signature', (token: string) => part(token, 2), 'what a client showed'],
    ['a payload', (token: string) => part(token, 1), 'what a client showed'],
    ['a claim', (token: string) => claimsOf(token).email, 'a value of a claim'],
  ])('ends a test whose gateway logs %s', async (_, what, found) => {
    const { send, issuer } = await createTestGateway({
      config: { schemes: { main: telling(what) } },
    })
    const token = await issuer.mint({ email: 'ada@acme.example' })
    const sent = send('/', { headers: { authorization: `Bearer ${token}` } })
    await expect(sent).rejects.toThrow(`a line of the log has ${found}`)
  })

  it('ends none for what is public, or chosen plain', async () => {
    const { send, issuer, lastEvent } = await createTestGateway({
      config: { log: requestLog({ subject: 'plain' }) },
    })
    const token = await issuer.mint({ sub: 'ada@acme.example', client_id: 'the-mobile-app' })
    await send('/', { headers: { authorization: `Bearer ${token}` } })
    expect(lastEvent()).toMatchObject({ subject: 'ada@acme.example', client: 'the-mobile-app' })
  })

  it('knows a token, an API key and a cookie that it has never seen', () => {
    const [header, payload] = ['{"alg":"RS256","typ":"JWT"}', '{"sub":"ada"}'].map((text) =>
      Buffer.from(text).toString('base64url'),
    )
    const token = `${header}.${payload}.${'s'.repeat(40)}`
    const key = `gk_${'a'.repeat(16)}_${'b'.repeat(32)}_000000`
    const cookie = `__Host-session=${'c'.repeat(40)}; Path=/`
    expect(
      [token, key, cookie, 'nothing'].map((text) => findSecret(`a line with ${text}`)),
    ).toEqual(['a signed token', 'an API key', 'a cookie', undefined])
  })
})
