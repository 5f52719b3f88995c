import { describe, expect, it } from 'vitest'
import { signLink } from '../../src/auth/link/sign.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import { ORIGIN, refusal } from '../support/gateway.ts'
import { cloudflareMac, createLinkGateway, HOST, KEY, NOW } from '../support/links.ts'
import { createGateway } from '../support/watched-gateway.ts'

const PATH = '/files/a.pdf?x=1'
const TIME = String(NOW)
const ARABIC = [...TIME].map((digit) => String.fromCharCode(0x660 + Number(digit))).join('')

/** What is made of a good link's timestamp and MAC, each with one thing wrong. */
const MUTATIONS: Record<string, (time: string, mac: string) => string> = {
  'a timestamp as 1e9': (_, mac) => `${PATH}&verify=1e9-${mac}`,
  'a timestamp in hexadecimal': (_, mac) => `${PATH}&verify=0x69554d00-${mac}`,
  'a blank before the timestamp': (time, mac) => `${PATH}&verify=%20${time}-${mac}`,
  'a plus before the timestamp': (time, mac) => `${PATH}&verify=+${time}-${mac}`,
  'a blank timestamp': (_, mac) => `${PATH}&verify=-${mac}`,
  'eleven digits': (time, mac) => `${PATH}&verify=1${time}-${mac}`,
  'nine digits': (time, mac) => `${PATH}&verify=${time.slice(1)}-${mac}`,
  'a digit of the path moved into the timestamp': (time, mac) =>
    `${PATH.slice(0, -1)}&verify=1${time}-${mac}`,
  'a digit of the timestamp moved into the path': (time, mac) =>
    `${PATH}${time.slice(0, 1)}&verify=${time.slice(1)}-${mac}`,
  'digits of another script': (_, mac) => `${PATH}&verify=${ARABIC}-${mac}`,
  'another timestamp': (time, mac) => `${PATH}&verify=${Number(time) + 1}-${mac}`,
  'an encoded hyphen': (time, mac) => `${PATH}&verify=${time}%2D${mac}`,
  'the padding in lower case': (time, mac) => `${PATH}&verify=${time}-${mac.replace('%3D', '%3d')}`,
  'the padding as it is': (time, mac) => `${PATH}&verify=${time}-${mac.replace('%3D', '=')}`,
  'no padding': (time, mac) => `${PATH}&verify=${time}-${mac.replace('%3D', '')}`,
  'more padding': (time, mac) => `${PATH}&verify=${time}-${mac}%3D`,
  'an escape in lower case': (time, mac) => `${PATH}&verify=${time}-${mac.replace('%2B', '%2b')}`,
  'a plus that is a space to others': (time, mac) =>
    `${PATH}&verify=${time}-${mac.replace('%2B', '+')}`,
  'the other alphabet': (time, mac) =>
    `${PATH}&verify=${time}-${mac.replaceAll('%2B', '-').replaceAll('%2F', '_').replace('%3D', '')}`,
  'an escaped letter': (time, mac) =>
    `${PATH}&verify=${time}-%${mac.charCodeAt(0).toString(16)}${mac.slice(1)}`,
  'a truncated MAC': (time, mac) => `${PATH}&verify=${time}-${mac.slice(0, 20)}`,
  'no MAC': (time) => `${PATH}&verify=${time}-`,
  nothing: () => `${PATH}&verify=`,
  'the name alone': () => `${PATH}&verify`,
  'something behind it': (time, mac) => `${PATH}&verify=${time}-${mac}x`,
  'a line break behind it': (time, mac) => `${PATH}&verify=${time}-${mac}%0A`,
  'a parameter behind it': (time, mac) => `${PATH}&verify=${time}-${mac}&y=1`,
  'an empty parameter behind it': (time, mac) => `${PATH}&verify=${time}-${mac}&`,
  'the token before the query': (time, mac) => `/files/a.pdf?verify=${time}-${mac}&x=1`,
  'the token twice': (time, mac) => `${PATH}&verify=${time}-${mac}&verify=${time}-${mac}`,
  'another token before it': (time, mac) =>
    `/files/a.pdf?verify=${time}-x&x=1&verify=${time}-${mac}`,
  'the name percent-encoded': (time, mac) => `${PATH}&%76erify=${time}-${mac}`,
  'the name percent-encoded before it': (time, mac) =>
    `/files/a.pdf?%76erify=1&x=1&verify=${time}-${mac}`,
  'another path': (time, mac) => `/files/b.pdf?x=1&verify=${time}-${mac}`,
  'the path in another case': (time, mac) => `/Files/a.pdf?x=1&verify=${time}-${mac}`,
  'a slash behind the path': (time, mac) => `/files/a.pdf/?x=1&verify=${time}-${mac}`,
  'another query': (time, mac) => `/files/a.pdf?x=2&verify=${time}-${mac}`,
  'no query': (time, mac) => `/files/a.pdf?verify=${time}-${mac}`,
  'a query with an empty parameter': (time, mac) => `${PATH}&&verify=${time}-${mac}`,
  'the path twice': (time, mac) => `/files/a.pdf?x=1?x=1&verify=${time}-${mac}`,
}

/** A time for which the MAC has an escaped plus in it. */
async function timeWithPlus(): Promise<{ time: string; mac: string }> {
  for (let time = NOW; ; time--) {
    const mac = await cloudflareMac(PATH + time)
    if (mac.includes('+')) return { time: String(time), mac: encodeURIComponent(mac) }
  }
}

describe("a link in Cloudflare's format", () => {
  it('is good before anything is done to it', async () => {
    const { send } = await createLinkGateway({ format: 'cloudflare' })
    const { time, mac } = await timeWithPlus()
    expect((await send(`${PATH}&verify=${time}-${mac}`)).status).toBe(200)
  })

  it.each(Object.keys(MUTATIONS))('is refused with %s', async (name) => {
    const { send, received } = await createLinkGateway({ format: 'cloudflare' })
    const { time, mac } = await timeWithPlus()
    const response = await send(MUTATIONS[name]?.(time, mac) ?? '')
    expect(await refusal(response)).toEqual([401, 'signature_invalid'])
    expect(received).toEqual([])
  })

  it('is refused where a parameter of that name was signed', async () => {
    const { send } = await createLinkGateway({ format: 'cloudflare' })
    const path = '/a?verify=1'
    const mac = encodeURIComponent(await cloudflareMac(path + NOW))
    const response = await send(`${path}&verify=${NOW}-${mac}`)
    expect(await refusal(response)).toEqual([401, 'signature_invalid'])
  })

  it('is good on another host, which SECURITY.md says', async () => {
    const { send, sign } = await createLinkGateway({ format: 'cloudflare' })
    expect((await send((await sign('/a')).replace('api.test', 'other.test'))).status).toBe(200)
  })
})

/** Changes of a link in our own format, as text. */
const OWN: Record<string, (link: string) => string> = {
  'another host': (link) => link.replace('api.test', 'other.test'),
  'another path': (link) => link.replace('a.pdf', 'b.pdf'),
  'another query': (link) => link.replace('x=1', 'x=2'),
  'no query': (link) => link.replace('x=1&', ''),
  'a later time': (link) => link.replace(`.${NOW}.`, `.${NOW + 1}.`),
  'a prefix': (link) => link.replace(`${NOW}..`, `${NOW}.1.`),
  'a prefix of no segments': (link) => link.replace(`${NOW}..`, `${NOW}.0.`),
  'a user': (link) => link.replace(`${NOW}..`, `${NOW}..YWRh`),
  'a user who is no text': (link) => link.replace(`${NOW}..`, `${NOW}.._w`),
  'another version': (link) => link.replace('verify=1.', 'verify=2.'),
  'an encoded dot': (link) => link.replace('verify=1.', 'verify=1%2E'),
  'a parameter behind it': (link) => `${link}&y=1`,
  'the token twice': (link) => `${link}&${link.slice(link.indexOf('verify'))}`,
  'a truncated MAC': (link) => link.slice(0, -1),
  padding: (link) => `${link}%3D`,
}

describe("a link in the gateway's own format", () => {
  it.each(Object.keys(OWN))('is refused with %s', async (name) => {
    const { send, sign, received } = await createLinkGateway({ prefix: { methods: ['GET'] } })
    const link = OWN[name]?.(await sign(PATH)) ?? ''
    expect(await refusal(await send(link))).toEqual([401, 'signature_invalid'])
    expect(received).toEqual([])
  })

  it('is refused with the unused bits of its MAC set', async () => {
    const { send, sign } = await createLinkGateway()
    const link = await sign('/a')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const next = alphabet[alphabet.indexOf(link.at(-1) ?? '') + 1]
    expect(await refusal(await send(link.slice(0, -1) + next))).toEqual([401, 'signature_invalid'])
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('is not for %s', async (method) => {
    const { send, sign } = await createLinkGateway()
    const response = await send(await sign('/a'), { method })
    expect(await refusal(response)).toEqual([401, 'signature_invalid'])
  })

  it('opens no WebSocket', async () => {
    const { send, sign } = await createLinkGateway()
    const response = await send(await sign('/a'), { headers: { upgrade: 'websocket' } })
    expect(await refusal(response)).toEqual([401, 'signature_invalid'])
  })

  it('made in one mode is not read in the other', async () => {
    const { sign } = await createLinkGateway({ ttlSeconds: 600 })
    const { send } = await createLinkGateway({ expires: { maxSeconds: 3_600 } })
    const link = await sign('/a', { now: NOW + 600 })
    expect(await refusal(await send(link))).toEqual([401, 'signature_invalid'])
  })

  it('cannot give the end of one part to the next', async () => {
    const { send, sign } = await createLinkGateway({ bind: { cookie: 'device' } })
    const link = await sign('/a', { user: 'ada', cookie: '1' })
    const moved = link.replace(`.${btoa('ada')}.`, `.${btoa('ad').replace('=', '')}.`)
    expect((await send(link, { headers: { cookie: 'device=1' } })).status).toBe(200)
    const response = await send(moved, { headers: { cookie: 'device=a1' } })
    expect(await refusal(response)).toEqual([401, 'signature_invalid'])
  })

  it('says nothing of itself in the log, nor of the key', async () => {
    const { send, sign, events } = await createLinkGateway()
    const link = await sign('/a')
    await send(link)
    await send(`${link}x`)
    const text = JSON.stringify(events)
    expect(text).not.toContain(link.split('verify=')[1])
    expect(text).not.toContain(KEY)
  })
})

/** URLs as a socket sends them, which a Request would have tidied. */
async function sendRaw(
  url: string,
  format: 'gatehouse' | 'cloudflare',
): Promise<[number, string?]> {
  const options = { keys: [KEY], ttlSeconds: 600, format }
  let arrived: string | undefined
  const gateway = createGateway(
    { schemes: { links: signedLinks(options) }, routes: [{ path: '/*', to: ORIGIN }] },
    {
      now: () => NOW,
      log: () => {},
      fetch: async (request) => {
        arrived = request.url
        return new Response()
      },
    },
  )
  const request = new Request(HOST)
  const get = (_: Request, name: keyof Request) => (name === 'url' ? url : request[name])
  const raw = new Proxy(request, { get } as ProxyHandler<Request>)
  const { status } = await gateway.fetch(raw, { waitUntil: () => {} })
  return arrived === undefined ? [status] : [status, arrived]
}

describe('the path of a link', () => {
  it('is forwarded as it is signed in our own format, however it was written', async () => {
    const { url } = await signLink(`${HOST}/b`, { keys: [KEY], ttlSeconds: 600 }, { now: NOW })
    for (const path of ['/b', '/a/../b', '/%62', '/a/%2e%2e/b']) {
      const raw = url.replace('/b', path)
      expect(await sendRaw(raw, 'gatehouse')).toEqual([200, `${ORIGIN}/b`])
    }
    expect(await sendRaw(url.replace('/b', '/a/../c'), 'gatehouse')).toEqual([401])
  })

  it("is signed as it was received in Cloudflare's, and another spelling is refused", async () => {
    const mac = encodeURIComponent(await cloudflareMac(`/a/../b${NOW}`))
    const query = `?verify=${NOW}-${mac}`
    expect(await sendRaw(`${HOST}/a/../b${query}`, 'cloudflare')).toEqual([200, `${ORIGIN}/b`])
    expect(await sendRaw(`${HOST}/b${query}`, 'cloudflare')).toEqual([401])
  })

  it('that names another host is refused, signed or not', async () => {
    const mac = encodeURIComponent(await cloudflareMac(`//evil.test/x${NOW}`))
    const url = `${HOST}//evil.test/x?verify=${NOW}-${mac}`
    expect(await sendRaw(url, 'cloudflare')).toEqual([400])
  })

  it('ends before a fragment, with which the request is malformed', async () => {
    const { url } = await signLink(`${HOST}/b`, { keys: [KEY], ttlSeconds: 600 }, { now: NOW })
    expect(await sendRaw(`${url}#x`, 'gatehouse')).toEqual([400])
  })
})
