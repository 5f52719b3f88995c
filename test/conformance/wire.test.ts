// What only a socket can show: paths, headers and requests as the bytes that a client sends.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-http.ts'
import { values } from '../support/raw-response.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

type Lines = [name: string, value: string][]

let issuer: SocketIssuer
let origin: Origin
let worker: Workerd
let token: string
let other: string

beforeAll(async () => {
  ;[issuer, origin] = await Promise.all([startIssuer(), startOrigin()])
  worker = await startWorkerd({
    entry: 'test/conformance/wire-worker.ts',
    vars: { ISSUER: issuer.issuer, ORIGIN: origin.url },
  })
  token = await issuer.mint({ email: 'user@good.test' })
  other = await issuer.mint({ sub: 'user-2' })
})
afterAll(async () => {
  await Promise.all([worker.stop(), origin.stop(), issuer.stop()])
})
beforeEach(() => {
  origin.requests.length = 0
})

async function ask(target: string, lines: Lines = [], method = 'GET'): Promise<[number, string]> {
  const headers: Lines = [['Host', 'localhost'], ...lines]
  const { status, body } = await rawRequest(worker.port, { method, target, headers })
  return [status, body.startsWith('{') ? ((JSON.parse(body) as { code?: string }).code ?? '') : '']
}

const bearer = (value = token): Lines => [['Authorization', `Bearer ${value}`]]

describe('credentials on the wire', () => {
  it('are one token in one header', async () => {
    expect(await ask('/admin/x', bearer())).toEqual([200, ''])
  })

  it.each([
    ['two Authorization headers', () => [...bearer(), ...bearer(other)]],
    [
      'two Authorization headers of different case',
      () => [...bearer(), ['AUTHORIZATION', `bearer ${other}`]],
    ],
    ['another scheme in a second header', () => [...bearer(), ['Authorization', 'Basic eDp5']]],
    ['another scheme in a first header', () => [['Authorization', 'Basic eDp5'], ...bearer()]],
    ['a list in one header', () => bearer(`${token}, Bearer ${other}`)],
  ] as [string, () => Lines][])(
    'CVE-2020-25017, CVE-2025-64527: are refused as %s',
    async (_, lines) => {
      expect(await ask('/admin/x', lines())).toEqual([400, 'multiple_credentials'])
      expect(origin.requests).toEqual([])
    },
  )

  it('CVE-2023-27488: are refused where they are no text', async () => {
    expect(await ask('/admin/x', bearer('\xff\xfe\x80'))).toEqual([401, 'invalid_token'])
    expect(await ask('/admin/x', bearer(`${token}\xff`))).toEqual([401, 'invalid_token'])
  })

  it('RFC 7515 section 2: are refused with other unused bits', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.at(-1) as string)
    const respelled = token.slice(0, -1) + alphabet[last ^ 1]
    expect(Buffer.from(respelled, 'base64url')).toEqual(Buffer.from(token, 'base64url'))
    expect(await ask('/admin/x', bearer(respelled))).toEqual([401, 'invalid_token'])
  })
})

describe('a request target on the wire', () => {
  it.each([
    ['CVE-2026-33494', '/public/../admin/x', [401, 'credential_missing']],
    ['CVE-2026-42274', '/public/%2e%2e/admin/x', [401, 'credential_missing']],
    ['CVE-2026-42274', '/public/.%2E/admin/x', [401, 'credential_missing']],
    ['CVE-2021-29492', '/public/..%2fadmin/x', [400, 'path_ambiguous']],
    ['CVE-2021-29492', '/public\\..\\admin\\x', [400, 'path_ambiguous']],
    ['CVE-2021-43557', '//public/x', [400, 'path_ambiguous']],
    ['servlet path parameters', '/public/..;/admin/x', [400, 'path_ambiguous']],
    ['CVE-2025-47952', '/public/%252e%252e/admin', [400, 'path_ambiguous']],
    ['CVE-2021-32779', '/admin/x#/public/', [401, 'credential_missing']],
    ['CVE-2025-54576', '/admin/x?/public/', [401, 'credential_missing']],
    ['RFC 9112 section 3.2.4', '*', [400, 'invalid_request']],
    ['CVE-2021-39240', 'https://evil.test/public/x', [200, '']],
  ] as [string, string, [number, string]][])('%s: %s', async (_, target, outcome) => {
    expect(await ask(target)).toEqual(outcome)
    expect(origin.requests.map((request) => request.target)).toEqual(
      outcome[0] === 200 ? ['/public/x'] : [],
    )
  })

  it('CVE-2026-42274: arrives in the bytes that were matched', async () => {
    for (const [sent, arrived] of [
      ['/public/a/../%62', '/public/b'],
      ['/public/%e2%82%ac%7e', '/public/%E2%82%AC~'],
      ['/public/a?b=%2e%2e&c=/../', '/public/a?b=%2e%2e&c=/../'],
    ]) {
      origin.requests.length = 0
      expect(await ask(sent as string)).toEqual([200, ''])
      expect(origin.requests[0]?.target).toBe(arrived)
    }
  })

  it('CVE-2020-11767: names a host that is served, or is 421', async () => {
    const headers: Lines = [['Host', 'evil.test']]
    const { status, body } = await rawRequest(worker.port, { target: '/public/x', headers })
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([421, 'host_unknown'])
    expect(origin.requests).toEqual([])
  })
})

describe('a method on the wire', () => {
  it.each([
    ['CVE-2026-71324', 'TRACE', [405, 'method_not_allowed']],
    ['CVE-2021-39241', 'PROPFIND', [405, 'method_not_allowed']],
    ['RFC 9110 section 9.1', 'get', [501, '']],
    ['CVE-2021-39241', 'GET /admin?x', [400, '']],
  ] as [string, string, [number, string]][])(
    '%s: %j never arrives',
    async (_, method, [status, code]) => {
      const answer = await ask('/public/x', [], method)
      expect(answer[1]).toBe(code)
      expect(answer[0]).toBeGreaterThanOrEqual(400)
      if (code !== '') expect(answer[0]).toBe(status)
      expect(origin.requests).toEqual([])
    },
  )

  it('CVE-2023-30845: is the one that was matched, whatever a header says', async () => {
    await ask('/public/x', [['X-HTTP-Method-Override', 'DELETE']], 'GET')
    expect(origin.requests[0]?.method).toBe('GET')
    expect(origin.requests[0]?.head.toLowerCase()).not.toContain('override')
  })
})

describe('headers on the wire', () => {
  const arrivedHeaders = async (target: string, lines: Lines) => {
    expect(await ask(target, lines)).toEqual([200, ''])
    return origin.requests[0]?.headers ?? []
  }

  it('CVE-2024-45410, CVE-2026-29054: named in Connection cost the gateway none of its own', async () => {
    const arrived = await arrivedHeaders('/admin/x', [
      ...bearer(),
      ['Connection', 'keep-alive, X-Forwarded-Host, x-auth-subject, X-User-Email, X-Mine'],
      ['X-Mine', 'evil'],
    ])
    expect(values(arrived, 'x-forwarded-host')).toEqual(['localhost'])
    expect(values(arrived, 'x-auth-subject')).toEqual(['user-1'])
    expect(values(arrived, 'x-user-email')).toEqual(['user@good.test'])
    expect(values(arrived, 'x-mine')).toEqual([])
  })

  it('CVE-2025-64484, CVE-2026-39858: in every spelling are not those of the gateway', async () => {
    const names = [
      'X-Auth-Subject',
      'x_auth_subject',
      'X-AUTH_SUBJECT',
      'X.Auth.Subject',
      'X_User_Email',
      'X-User-Email',
    ]
    const lines = names.flatMap(
      (name): Lines => [
        [name, 'evil'],
        [name.toLowerCase(), 'evil'],
      ],
    )
    for (const [target, credential] of [
      ['/public/x', []],
      ['/admin/x', bearer()],
    ] as [string, Lines][]) {
      origin.requests.length = 0
      const arrived = await arrivedHeaders(target, [...lines, ...credential])
      expect(JSON.stringify(arrived)).not.toContain('evil')
    }
  })

  it('CVE-2026-57210: about addresses come from the platform alone', async () => {
    const arrived = await arrivedHeaders('/public/x', [
      ['X-Forwarded-For', '127.0.0.1'],
      ['Forwarded', 'for=127.0.0.1'],
      ['X-Real-IP', '127.0.0.1'],
      ['True-Client-IP', '127.0.0.1'],
    ])
    expect(JSON.stringify(arrived).replaceAll(`127.0.0.1:${origin.port}`, '')).not.toContain(
      '127.0.0.1',
    )
  })

  it('CVE-2023-27493: that are no text pass as they are, or not at all', async () => {
    const arrived = await arrivedHeaders('/public/x', [['X-Bytes', 'caf\xe9']])
    expect(values(arrived, 'x-auth-subject')).toEqual([])
  })
})

describe('what comes back on the wire', () => {
  it('CVE-2026-41181: a redirect of an origin is answered, not followed', async () => {
    origin.modes.set('/public/moved', { redirect: { location: '/public/elsewhere' } })
    const headers: Lines = [['Host', 'localhost']]
    const answer = await rawRequest(worker.port, { target: '/public/moved', headers })
    expect(answer.status).toBe(302)
    expect(values(answer.headers, 'location')).toEqual(['/public/elsewhere'])
    expect(origin.requests.map(({ target }) => target)).toEqual(['/public/moved'])
  })
})

describe('the framing of a request', () => {
  it.each([
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    ['no host', ''],
    ['an empty header name', 'Host: localhost\r\n: x\r\n\r\n'],
    ['a blank before the colon', 'Host: localhost\r\nX-A : x\r\n\r\n'],
  ])('CVE-2023-25725, CVE-2024-53008: with %s is refused', async (_, rest) => {
    const start = rest.startsWith('Content') ? 'Host: localhost\r\n' : ''
    const { status } = await rawRequest(
      worker.port,
      `POST /public/x HTTP/1.1\r\n${start}${rest || '\r\n'}`,
    )
    expect(status).toBe(400)
    expect(origin.requests).toEqual([])
  })

  it('CVE-2024-32638: with a length and chunks is one request for the origin', async () => {
    const smuggled = 'GET /admin/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
    const head =
      'POST /public/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n'
    await rawRequest(worker.port, head + chunk)
    expect(origin.requests.map(({ target }) => target)).toEqual(['/public/x'])
    expect(origin.requests[0]?.body).toBe(smuggled)
  })

  it('RFC 9110 section 9.3.1: of a GET with content hands nothing on, and says so', async () => {
    const request = 'GET /public/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'
    expect((await rawRequest(worker.port, request)).status).toBe(400)
    expect(origin.requests).toEqual([])
  })
})
