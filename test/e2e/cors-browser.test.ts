// Pages of an allowed origin and of a foreign one, in a real Chromium, and what their JavaScript gets to see of a
// gateway on real workerd.

import { createServer } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, launch } from '../issuer/browser.ts'
import { type Listening, listenOnLoopback } from '../support/listen.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

/** Tickets in a header and in a cookie; a good one has no role. */
const script = (appPort: number) => `
import { cors } from './src/edge/cors.ts'
import { limit } from './src/edge/limit/limit.ts'
import { createGateway } from './src/gateway.ts'

// One site, so that the browser sends its cookies from pages of both origins.
const app = 'http://app.acme.localhost:${appPort}'
const tickets = {
  check() {},
  compile: (name) => ({
    name,
    withholds: [{ header: 'x-ticket' }, { cookie: 'ticket' }],
    find({ request: { headers } }) {
      const value = headers.get('x-ticket')
      if (value) return { value, place: { header: 'x-ticket' }, ambient: false }
      if (headers.get('cookie')) return { value: 'good', place: { cookie: 'ticket' }, ambient: true }
    },
    verify: () => ({
      principal: {
        kind: 'person', subject: 'ada', issuer: 'urn:tickets', scheme: name, scopes: new Set(),
        roles: [], claims: {}, expiresAt: Infinity,
      },
    }),
    challenge: () => 'Ticket',
  }),
}
const never = { limit: async () => ({ success: false }) }
const busy = limit({ by: 'address', requests: 5, perSeconds: 10, binding: never })
const answer = (request) => new Response(request.method + ' ' + request.headers.get('x-trace-id'), {
  headers: { 'x-total-count': '7', 'set-cookie': 'ticket=good; Path=/' },
})
const gateway = createGateway({
  schemes: { tickets },
  every: { cors: cors({ origins: [app], headers: ['x-trace-id'], exposed: ['x-total-count'] }) },
  routes: [
    { path: '/open', auth: 'public', to: answer },
    { path: '/busy', to: answer, limit: busy },
    { path: '/orders', methods: ['GET', 'PUT'], to: answer },
    { path: '/admin', roles: ['admin'], to: answer },
    { path: '/cookie', cors: cors({ origins: [app], credentials: true }), to: answer },
    { path: '/login', auth: 'public', cors: cors({ origins: [app], credentials: true }), to: answer },
  ],
})
export default { fetch: (request, env, context) => gateway.fetch(request, context) }`

interface Seen {
  readonly status: number
  readonly text: string
  readonly challenge: string | null
  readonly count: string | null
  readonly retry: string | null
  readonly policy: string | null
  readonly code?: string
}

let pages: Listening
let worker: Workerd
let browser: Browser
let app: Page
let foreign: Page

describe.skipIf(!CHROMIUM)('a page in a browser', () => {
  beforeAll(async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>')
    })
    pages = await listenOnLoopback(server)
    worker = await startWorkerd({ script: script(pages.port) })
    browser = await launch(['MAP *.localhost 127.0.0.1'])
    const context = await browser.newContext()
    app = await context.newPage()
    await app.goto(`http://app.acme.localhost:${pages.port}/`)
    foreign = await context.newPage()
    await foreign.goto(`http://other.acme.localhost:${pages.port}/`)
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await worker.stop()
    await pages.stop()
  })

  /** What the page's own code sees; `undefined` where the browser lets it see nothing. */
  function ask(page: Page, path: string, init: object = {}): Promise<Seen | undefined> {
    const url = `http://api.acme.localhost:${worker.port}${path}`
    const code = `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(
      async (response) => {
        const text = await response.text()
        const isProblem = response.headers.get('content-type') === 'application/problem+json'
        return {
          status: response.status,
          text: isProblem ? '' : text,
          challenge: response.headers.get('www-authenticate'),
          count: response.headers.get('x-total-count'),
          retry: response.headers.get('retry-after'),
          policy: response.headers.get('ratelimit-policy'),
          ...(isProblem && { code: JSON.parse(text).code }),
        }
      },
      () => undefined,
    )`
    return page.evaluate(code)
  }

  const ticket = { 'x-ticket': 'good', 'x-trace-id': 'a' }

  it('of an allowed origin sends what needs a preflight, and reads the answer', async () => {
    const answer = { status: 200, challenge: null, count: '7', retry: null, policy: null }
    expect(await ask(app, '/open')).toEqual({ ...answer, text: 'GET null' })
    expect(await ask(app, '/orders', { method: 'PUT', headers: ticket })).toEqual({
      ...answer,
      text: 'PUT a',
    })
  })

  it('of an allowed origin reads why it is refused, and of another origin nothing', async () => {
    const refusals: readonly (readonly [path: string, init: object, Partial<Seen>])[] = [
      ['/orders', {}, { status: 401, code: 'credential_missing', challenge: 'Ticket' }],
      ['/admin', { headers: ticket }, { status: 403, code: 'forbidden' }],
      [
        '/busy',
        {},
        { status: 429, code: 'rate_limited', retry: '10', policy: '"address";q=5;w=10' },
      ],
      ['/nothing', {}, { status: 404, code: 'not_found' }],
    ]
    for (const [path, init, expected] of refusals) {
      expect(await ask(app, path, init)).toMatchObject(expected)
      expect(await ask(foreign, path, init)).toBeUndefined()
    }
  })

  it('of another origin reads nothing, and gets no further than its preflight', async () => {
    expect(await ask(foreign, '/open')).toBeUndefined()
    const before = worker.logs().length
    expect(await ask(foreign, '/orders', { method: 'PUT', headers: ticket })).toBeUndefined()
    expect(worker.logs().slice(before)).not.toContain('"method":"PUT"')
  })

  it('is not let send a header or method that the route does not allow', async () => {
    const other = { 'x-ticket': 'good', 'x-other': 'a' }
    expect(await ask(app, '/orders', { headers: other })).toBeUndefined()
    // A method that no route takes is nobody's: the page learns that it is refused.
    const refused = { status: 405, code: 'method_not_allowed' }
    expect(await ask(app, '/orders', { method: 'DELETE', headers: ticket })).toMatchObject(refused)
    expect(await ask(foreign, '/orders', { method: 'DELETE', headers: ticket })).toBeUndefined()
  })

  it('has its cookies count where the route allows credentials, and of no other origin', async () => {
    const credentials = { credentials: 'include' }
    expect(await ask(app, '/login', credentials)).toMatchObject({ status: 200 })
    const post = { method: 'POST', ...credentials }
    expect(await ask(app, '/cookie', post)).toMatchObject({ status: 200 })
    // The route of every other path takes no credentials: the browser shows no answer to a page that sent some.
    expect(await ask(app, '/orders', credentials)).toBeUndefined()
    const before = worker.logs().length
    expect(await ask(foreign, '/cookie', post)).toBeUndefined()
    await worker.logLine(/"code":"csrf"/)
    expect(worker.logs().slice(before)).not.toContain('"status":200')
  })

  it('in a sandbox, whose origin is null, reads nothing', async () => {
    const url = `http://api.acme.localhost:${worker.port}/open`
    const code = `new Promise((resolve) => {
      addEventListener('message', ({ data }) => resolve(data), { once: true })
      const frame = document.createElement('iframe')
      frame.sandbox = 'allow-scripts'
      frame.srcdoc = '<script>fetch(${JSON.stringify(url)}).then(() => parent.postMessage("read", "*"), () => parent.postMessage("nothing", "*"))</scr' + 'ipt>'
      document.body.append(frame)
    })`
    expect(await app.evaluate(code)).toBe('nothing')
  })
})
