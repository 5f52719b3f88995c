import { describe, expect, it } from 'vitest'
import { createLinkKey } from '../../../src/auth/link/key.ts'
import { signLink } from '../../../src/auth/link/sign.ts'
import { formatToken } from '../../../src/auth/link/token.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'
import { ORIGIN, refusal } from '../../support/gateway.ts'
import { cloudflareMac, createLinkGateway, KEY, NOW, OTHER_KEY } from '../../support/links.ts'

const FORMATS = ['gatehouse', 'cloudflare', 'cloudflare-s'] as const
const INVALID = [401, 'signature_invalid']
const EXPIRED = [401, 'signature_expired']

describe.each(FORMATS)('a link in the format %s', (format) => {
  it('is let in, and the origin gets the rest of the query byte by byte', async () => {
    const { send, sign, received } = await createLinkGateway({ format })
    for (const path of ['/a.pdf', '/a.pdf?x=1&y=%2b+&&z', '/caf%C3%A9?=', '/a?b?c=/d']) {
      expect((await send(await sign(path))).status).toBe(200)
      expect(received.at(-1)?.url).toBe(ORIGIN + path)
    }
  })

  it('is let in by HEAD', async () => {
    const { send, sign } = await createLinkGateway({ format })
    expect((await send(await sign('/a'), { method: 'HEAD' })).status).toBe(200)
  })

  it('is good until the second in which it ends', async () => {
    const { send, sign, clock } = await createLinkGateway({ format })
    const link = await sign('/a')
    clock.now = NOW + 599
    expect((await send(link)).status).toBe(200)
    clock.now = NOW + 600
    expect(await refusal(await send(link))).toEqual(EXPIRED)
  })

  it('from the future is refused, but for the clock of who signs', async () => {
    const { send, sign } = await createLinkGateway({ format })
    expect((await send(await sign('/a', { now: NOW + 30 }))).status).toBe(200)
    expect(await refusal(await send(await sign('/a', { now: NOW + 31 })))).toEqual(INVALID)
  })

  it('says itself when it ends, and no later than is allowed', async () => {
    const options = { format, expires: { maxSeconds: 3_600 }, clockSkewSeconds: 0 }
    const { send, sign, clock } = await createLinkGateway(options)
    const link = await sign('/a', { ttlSeconds: 60 })
    expect(await refusal(await send(await sign('/a', { now: NOW + 1 })))).toEqual(INVALID)
    clock.now = NOW + 59
    expect((await send(link)).status).toBe(200)
    clock.now = NOW + 60
    expect(await refusal(await send(link))).toEqual(EXPIRED)
  })

  it('is verified with any of three keys', async () => {
    const third = 'mX2cL5pR0gEzQ3sK9dW1fT6yB8nH4jV7'
    const { send, sign } = await createLinkGateway({ format, keys: [OTHER_KEY, third, KEY] })
    for (const secret of [KEY, OTHER_KEY, third]) {
      expect((await send(await sign('/a', { secret }))).status).toBe(200)
    }
    const secret = `${KEY}x`
    expect(await refusal(await send(await sign('/a', { secret })))).toEqual(INVALID)
  })

  it('stands in a header where the entry says so', async () => {
    const { send, received } = await createLinkGateway({ format, from: { header: 'x-link' } })
    const options = { keys: [KEY], ttlSeconds: 600, format, from: { header: 'x-link' } }
    const { token } = await signLink('https://api.test/a?b=1', options, { now: NOW })
    const headers = { 'x-link': token }
    expect((await send('/a?b=1', { headers })).status).toBe(200)
    expect(received[0]?.url).toBe(`${ORIGIN}/a?b=1`)
    expect(received[0]?.headers.has('x-link')).toBe(false)
    expect(await refusal(await send('/a?b=2', { headers }))).toEqual(INVALID)
    expect(await refusal(await send(`/a?b=1&verify=${token}`))).toEqual([401, 'credential_missing'])
  })

  it('has keys for each host', async () => {
    const keys = { 'api.test': [KEY], 'other.test': [OTHER_KEY] }
    const { send, sign } = await createLinkGateway({ format, keys })
    const link = await sign('/a')
    expect((await send(link)).status).toBe(200)
    for (const host of ['other.test', 'third.test']) {
      expect(await refusal(await send(link.replace('api.test', host)))).toEqual(INVALID)
    }
  })
})

describe('a link', () => {
  it('that is not there is asked for with a challenge', async () => {
    const response = await (await createLinkGateway()).send('/a')
    expect(response.headers.get('www-authenticate')).toBe('SignedLink')
    expect(await refusal(response)).toEqual([401, 'credential_missing'])
  })

  it('makes a principal that says so, with what the entry gives it', async () => {
    const { send, sign } = await createLinkGateway(
      { scopes: ['files:read'], roles: ['guest'] },
      { to: claims, scopes: ['files:read'], roles: ['guest'] },
    )
    const response = await send(await sign('/a', { user: 'ada é' }))
    expect(await response.json()).toEqual({
      iss: 'urn:gatehouse:links',
      sub: 'ada é',
      exp: NOW + 600,
      active: true,
    })
  })

  it('has no scopes of its own', async () => {
    const { send, sign } = await createLinkGateway({}, { scopes: ['files:read'] })
    expect(await refusal(await send(await sign('/a')))).toEqual([403, 'insufficient_scope'])
  })

  it('names a user where the entry wants one, who cannot be changed', async () => {
    const { send, sign, received } = await createLinkGateway({ bind: { user: true } })
    const link = await sign('/a', { user: 'ada' })
    expect((await send(link)).status).toBe(200)
    expect(received[0]?.headers.get('x-auth-subject')).toBe('ada')
    expect(await refusal(await send(link.replace('.YWRh.', '.Ym9i.')))).toEqual(INVALID)
    const { sign: signWithout } = await createLinkGateway()
    expect(await refusal(await send(await signWithout('/a')))).toEqual(INVALID)
  })

  it('is for the address that it was made for', async () => {
    const { send, sign } = await createLinkGateway({ bind: { address: true } })
    const link = await sign('/a', { address: '2001:DB8:0::7' })
    const from = (address: string) => send(link, { headers: { 'cf-connecting-ip': address } })
    expect((await from('2001:db8::7')).status).toBe(200)
    expect(await refusal(await from('2001:db8::8'))).toEqual(INVALID)
    expect(await refusal(await send(link))).toEqual(INVALID)
  })

  it('is for the cookie that it was made for', async () => {
    const { send, sign } = await createLinkGateway({ bind: { cookie: 'device' } })
    const link = await sign('/a', { cookie: 'd1' })
    const withCookie = (cookie: string) => send(link, { headers: { cookie } })
    expect((await withCookie('a=b; device=d1')).status).toBe(200)
    for (const cookie of ['device=d2', 'a=b', 'device=d1; device=d2', 'device=']) {
      expect(await refusal(await withCookie(cookie))).toEqual(INVALID)
    }
  })
})

describe('a link to a prefix', () => {
  const options = { prefix: { methods: ['GET', 'POST'] } }

  it('is for everything below whole segments, with the methods of the entry', async () => {
    const { send, sign } = await createLinkGateway(options)
    const token = new URL(await sign('/api/v1', { prefix: true })).searchParams.get('verify')
    for (const path of ['/api/v1', '/api/v1/', '/api/v1/orders/1']) {
      expect((await send(`${path}?x=1&verify=${token}`)).status).toBe(200)
      expect((await send(`${path}?verify=${token}`, { method: 'POST' })).status).toBe(200)
      expect((await send(`${path}?verify=${token}`, { method: 'HEAD' })).status).toBe(200)
    }
    for (const path of ['/api', '/api/v10', '/api/v2', '/api/v1/../v2', '/api/', '/x/api/v1']) {
      expect(await refusal(await send(`${path}?verify=${token}`))).toEqual(INVALID)
    }
    const deleted = await send(`/api/v1?verify=${token}`, { method: 'DELETE' })
    expect(await refusal(deleted)).toEqual(INVALID)
  })

  it('signs no segment that is empty, or is not there', async () => {
    const { send } = await createLinkGateway(options)
    const key = createLinkKey(KEY)
    const token = { timestamp: String(NOW), segments: 2, user: undefined }
    for (const path of ['/api/', '/api']) {
      const parts = [
        'gatehouse-link-1',
        'ttl',
        'prefix',
        'api.test',
        path,
        '',
        `${NOW}`,
        '',
        '',
        '',
      ]
      const mac = await key.sign(parts.map((part) => `${part.length}:${part}`).join(''))
      const text = formatToken({ ...token, mac }, 'gatehouse')
      expect(await refusal(await send(`${path}?verify=${text}`))).toEqual(INVALID)
    }
  })

  it('is not made of a link to the path alone', async () => {
    const { send, sign } = await createLinkGateway(options)
    const link = await sign('/api')
    const prefix = link.replace(`${NOW}..`, `${NOW}.1.`)
    expect(await refusal(await send(prefix))).toEqual(INVALID)
    expect(await refusal(await send(prefix, { method: 'POST' }))).toEqual(INVALID)
  })

  it('is refused where the entry takes none', async () => {
    const { sign } = await createLinkGateway(options)
    const { send } = await createLinkGateway()
    expect(await refusal(await send(await sign('/api', { prefix: true })))).toEqual(INVALID)
  })

  it('covers no path that an origin may read as a way out', async () => {
    const route = { dangerouslyAllowAmbiguousPaths: true }
    const { send, sign } = await createLinkGateway(options, route)
    const token = new URL(await sign('/api', { prefix: true })).searchParams.get('verify')
    for (const path of ['/api/..%2fadmin', '/api//admin', '/api/..;/admin']) {
      expect(await refusal(await send(`${path}?verify=${token}`))).toEqual(INVALID)
    }
  })
})

describe("a link in Cloudflare's format", () => {
  it('signs the path and the query as they were received', async () => {
    const { send, received } = await createLinkGateway({ format: 'cloudflare' })
    const path = '/%7Eada/./a.pdf?x=1'
    const mac = encodeURIComponent(await cloudflareMac(path + NOW))
    expect((await send(`${path}&verify=${NOW}-${mac}`)).status).toBe(401)
    // A Request resolves dots itself, so that only the escape is left as it was.
    const seen = '/%7Eada/a.pdf?x=1'
    const right = encodeURIComponent(await cloudflareMac(seen + NOW))
    expect((await send(`${seen}&verify=${NOW}-${right}`)).status).toBe(200)
    expect(received[0]?.url).toBe(`${ORIGIN}/~ada/a.pdf?x=1`)
  })
})
