import { describe, expect, it } from 'vitest'
import { readRevoke, revoke } from '../../src/cli/revoke/command.ts'

const KEY = 'p8Xn2Vq7Lr4Tz9Wc1Ks6Bd3Fh5Jm0GyQ'
const ANSWER = { entry: 'main', selection: { subject: 'ada' }, before: 1_767_225_600 }

function gateway(response: Response) {
  const asked: { url: string; init: RequestInit }[] = []
  const fetch = async (url: URL, init: RequestInit) => {
    asked.push({ url: url.href, init })
    return response
  }
  return { asked, fetch }
}

describe('npm run revoke', () => {
  it('asks the gateway, and says what it has done', async () => {
    const { asked, fetch } = gateway(Response.json(ANSWER))
    const { question } = readRevoke(['--subject', 'ada', '--before', '2026-01-01T00:00Z'])
    expect(await revoke('https://api.test', question, KEY, fetch)).toBe(
      'Tokens of schemes.main with the subject ada, issued until 2026-01-01T00:00:00Z, are refused within 60 seconds.',
    )
    expect(asked).toEqual([
      {
        url: 'https://api.test/.well-known/gatehouse/revoke',
        init: {
          method: 'POST',
          redirect: 'error',
          headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
          body: '{"subject":"ada","before":1767225600}',
        },
      },
    ])
  })

  const WRONG: [line: string, says: RegExp][] = [
    ['', /^Say whose tokens/],
    ['--entry main', /^Say whose tokens/],
    ['--subject=', /^--subject is empty/],
    ['--subject ada --before tomorrow', /^--before must be a time/],
    ['--subject ada --before 1767225600000', /^--before must be a time/],
    ['--user ada', /^Unknown option '--user'/],
  ]
  it.each(WRONG)('says what to do: %s', (line, says) => {
    expect(() => readRevoke(line.split(' ').filter(Boolean))).toThrow(says)
  })

  it('says what the gateway has against it', async () => {
    const refused = gateway(
      Response.json({ detail: 'The operator key is wrong.' }, { status: 401 }),
    )
    await expect(revoke('https://api.test', {}, 'x', refused.fetch)).rejects.toThrow(
      'The gateway answered 401. The operator key is wrong.',
    )
  })

  it.each([
    ['nobody', new Response(null, { status: 404 })],
    ['a service', new Response('hello')],
    ['a service, in JSON', Response.json({ status: 'ok' })],
    ['a route that asks for a token', Response.json({ detail: 'Get one.' }, { status: 401 })],
  ])('believes no answer of %s', async (_, response) => {
    const { fetch } = gateway(response)
    await expect(revoke('https://api.test', {}, 'x', fetch)).rejects.toThrow(
      /^The gateway has no such endpoint\. Add revocation/,
    )
  })

  it.each(['http://api.test', 'localhost:9102', 'api.test', 'ftp://api.test'])(
    'sends the key nowhere in clear: %s',
    async (url) => {
      const { asked, fetch } = gateway(Response.json(ANSWER))
      await expect(revoke(url, {}, KEY, fetch)).rejects.toThrow(/^--url must be whole and https/)
      expect(asked).toEqual([])
    },
  )

  it('says why nobody answers', async () => {
    const cause = new Error('getaddrinfo ENOTFOUND api.test')
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }))
    await expect(revoke('https://api.test', {}, KEY, fetch)).rejects.toThrow(
      'https://api.test does not answer: getaddrinfo ENOTFOUND api.test',
    )
  })
})
