// A page in Chromium opens WebSockets through the gateway, with its token where a page can put one.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, launch } from '../issuer/browser.ts'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'

const CONFIG = `{
  schemes: {
    main: oidc({
      issuer: env.ISSUER,
      audience: 'gatehouse',
      tokenFrom: [{ subprotocol: 'access-token' }, { cookie: 'session' }],
    }),
  },
  routes: [
    { path: '/*', to: env.ORIGIN },
    { path: '/outlive/*', to: env.ORIGIN, dangerouslyOutliveToken: true },
  ],
}`

let issuer: SocketIssuer
let origin: Origin
let gateway: GatewayWorker
let browser: Browser
let page: Page

describe.skipIf(!CHROMIUM)('a WebSocket of a page in Chromium', () => {
  beforeAll(async () => {
    issuer = await startIssuer({ algs: ['ES256'] })
    origin = await startOrigin()
    const vars = { ISSUER: issuer.issuer, ORIGIN: origin.url }
    gateway = await startGatewayWorker({ config: CONFIG, vars })
    browser = await launch([])
    const context = await browser.newContext()
    page = await context.newPage()
    // A page of another origin than the gateway's.
    await page.goto(origin.url)
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    await gateway.stop()
    await origin.stop()
    await issuer.stop()
  })

  /** What the page sees: the selected subprotocol and the echo, or how the connection ended. */
  const connect = (path: string, offer: readonly string[]) =>
    page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket(${JSON.stringify(gateway.url.replace('http', 'ws') + path)}, ${JSON.stringify(offer)})
      socket.onopen = () => socket.send('hello')
      socket.onmessage = ({ data }) => {
        resolve({ protocol: socket.protocol, data })
        socket.close()
      }
      socket.onclose = ({ code }) => resolve({ code })
    })`)

  it.each(['/echo', '/outlive/echo'])(
    'opens with a token among its subprotocols (%s)',
    async (path) => {
      const token = await issuer.mint()
      const offer = ['access-token', `access-token.${token}`]
      expect(await connect(path, offer)).toEqual({ protocol: 'access-token', data: 'hello' })
      const { head, headers } = origin.requests.at(-1) ?? { head: token, headers: [] }
      expect(head).not.toContain(token)
      const names = headers.map(([name]) => name.toLowerCase())
      expect(names).toContain('x-auth-subject')
      expect(names).not.toContain('sec-websocket-protocol')
    },
  )

  it('agrees with the origin on one of the others', async () => {
    const offer = ['access-token', `access-token.${await issuer.mint()}`, 'chat']
    expect(await connect('/echo', offer)).toEqual({ protocol: 'chat', data: 'hello' })
  })

  it('is not opened with a bad token, nor where nothing could be selected', async () => {
    const count = origin.requests.length
    expect(await connect('/echo', ['access-token', 'access-token.bad'])).toEqual({ code: 1006 })
    expect(origin.requests).toHaveLength(count)
    const token = await issuer.mint()
    expect(await connect('/echo', [`access-token.${token}`])).toEqual({ code: 1006 })
  })

  it('is not opened with a cookie from a page of another origin', async () => {
    const cookie = { name: 'session', value: await issuer.mint(), url: gateway.url }
    await page.context().addCookies([cookie])
    const count = origin.requests.length
    expect(await connect('/echo', [])).toEqual({ code: 1006 })
    expect(origin.requests).toHaveLength(count)
    expect(gateway.logs()).toContain('"code":"csrf"')
    await page.context().clearCookies()
  })
})
