/** The authorization server in real workerd, and a person with a browser that knows no JavaScript. */

import { createTestHarness } from 'wrangler'

import type { AdminCommand } from '../../src/issuer/admin.ts'
import type { ObjectCall } from './issuer-with-door.ts'

type TestHarnessOptions = NonNullable<Parameters<typeof createTestHarness>[0]>

export const ISSUER = 'http://localhost:8787'
/** Of the Workers that have administration. */
export const ADMIN_KEY = 'an-administration-key-of-32-chars-or-more'
export const API = 'https://api.example.com'

export interface World {
  issuer: string
  /** Where it really listens. */
  url: URL
  /** Any URL reaches the server; it decides by path alone. */
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** The same through another Worker of this world. */
  through(worker: string, url: string, init?: RequestInit): Promise<Response>
  /** Runs one command; throws its error. */
  admin<Answer = unknown>(command: AdminCommand): Promise<Answer>
  /** Calls an object; only where {@link startIssuer} started the server. */
  object<Answer = unknown>(call: ObjectCall): Promise<Answer>
  /** The calls to objects that the server made since this was asked last; only there as well. */
  calls(): Promise<string[]>
  scheduled(): Promise<void>
  logs(): string[]
  close(): Promise<void>
}

const compatibility_date = '2026-11-01'
const storage = {
  durable_objects: { bindings: [{ name: 'ISSUER_STORAGE', class_name: 'IssuerStorage' }] },
  migrations: [{ tag: 'v1', new_sqlite_classes: ['IssuerStorage'] }],
}

/** Starts the shipped server with one API; `vars` adds to the Worker's variables or replaces them. */
export function startIssuer(vars: Record<string, string> = {}): Promise<World> {
  const api = { API_AUDIENCE: API, API_SCOPES: 'orders:read orders:write' }
  return start([
    {
      config: {
        name: 'issuer',
        main: './test/issuer/issuer-with-door.ts',
        compatibility_date,
        compatibility_flags: ['global_fetch_strictly_public'],
        vars: { ISSUER, ADMIN_KEY, ...api, ...vars },
        ...storage,
      },
    },
  ])
}

const OPEN_ISSUER = {
  config: {
    name: 'open-issuer',
    main: './test/issuer/open-issuer.ts',
    compatibility_date,
    vars: { ISSUER, ADMIN_KEY },
    ...storage,
  },
}

/** Starts the server of open-issuer.ts. */
export function startOpenIssuer(): Promise<World> {
  return start([OPEN_ISSUER])
}

/**
 * The same, and beside it the Workers `caller`, which reaches it through a
 * binding, `secure`, the shipped server on https, `closed`, the same without administration, and `broken`,
 * with nothing configured right.
 */
export function startOpenIssuerAmongOthers(): Promise<World> {
  return start([
    OPEN_ISSUER,
    {
      config: {
        name: 'broken',
        main: './src/issuer/index.ts',
        compatibility_date,
        vars: { ISSUER: 'http://auth.example.com/path/', API_AUDIENCE: '', ADMIN_KEY: 'short' },
        ...storage,
      },
    },
    {
      config: {
        name: 'closed',
        main: './src/issuer/index.ts',
        compatibility_date,
        vars: { ISSUER, API_AUDIENCE: 'api' },
        ...storage,
      },
    },
    {
      config: {
        name: 'secure',
        main: './src/issuer/index.ts',
        compatibility_date,
        vars: { ISSUER: 'https://auth.example.com', API_AUDIENCE: 'api', ADMIN_KEY },
        ...storage,
      },
    },
    {
      config: {
        name: 'caller',
        main: './test/issuer/caller.ts',
        compatibility_date,
        services: [{ binding: 'AUTH', service: 'open-issuer' }],
      },
    },
  ])
}

async function start(workers: TestHarnessOptions['workers']): Promise<World> {
  const harness = createTestHarness({ workers })
  const { url } = await harness.listen()
  const worker = harness.getWorker()
  type Dispatch = (url: string, init: RequestInit) => Promise<Response>
  return {
    issuer: ISSUER,
    url,
    fetch: (url, init) =>
      (harness.fetch as unknown as Dispatch)(url, { redirect: 'manual', ...init }),
    through: (name, url, init) =>
      (harness.getWorker(name).fetch as unknown as Dispatch)(url, { redirect: 'manual', ...init }),
    admin: async <Answer>(command: AdminCommand) => {
      const answer = await (harness.fetch as unknown as Dispatch)(`${ISSUER}/oauth2/admin`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        body: JSON.stringify(command),
      })
      const body = await answer.json<Answer & { error?: string }>()
      if (!answer.ok) throw new Error(body.error)
      return body
    },
    object: async <Answer>(call: ObjectCall) => {
      const init = { method: 'POST', body: JSON.stringify(call) }
      const answer = await (harness.fetch as unknown as Dispatch)('/test/object', init)
      return (await answer.json<{ answer: Answer }>()).answer
    },
    calls: async () => (await (harness.fetch as unknown as Dispatch)('/test/calls', {})).json(),
    scheduled: async () => void (await worker.scheduled({})),
    logs: () => harness.getLogs().map(({ message }) => message),
    close: () => harness.close(),
  }
}

/** A page as the person sees it, or the redirect that leaves the server. */
export interface Visit {
  status: number
  url: URL
  text: string
  headers: Headers
}

/** A browser without JavaScript: keeps cookies by path, follows redirects on the server, sends forms. */
export class Person {
  readonly #world: Pick<World, 'issuer' | 'fetch'>
  readonly #address: string | undefined
  /** Every Set-Cookie line so far. */
  readonly received: string[] = []
  readonly cookies = new Map<string, { value: string; path: string }>()

  /** `address` is where they are; without one, everybody is at the same. */
  constructor(world: Pick<World, 'issuer' | 'fetch'>, address?: string) {
    this.#world = world
    this.#address = address
  }

  /** Goes to `url` and on until a page shows or the server sends the person elsewhere. */
  async visit(url: URL | string, init: RequestInit = {}): Promise<Visit> {
    const at = new URL(url)
    const headers = new Headers(init.headers)
    const cookie = [...this.cookies]
      .filter(([, { path }]) => at.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    if (cookie) headers.set('cookie', cookie)
    if (this.#address !== undefined) headers.set('cf-connecting-ip', this.#address)
    const response = await this.#world.fetch(at.href, { ...init, headers })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    const location = response.headers.get('location')
    if (location !== null) {
      const next = new URL(location, at)
      if (next.origin === this.#world.issuer) return this.visit(next)
      return { status: response.status, url: next, text: '', headers: response.headers }
    }
    const text = await response.text()
    const onward = /<meta http-equiv="refresh" content="0;url=([^"]*)"/.exec(text)?.[1]
    if (onward !== undefined) {
      const next = new URL(onward.replaceAll('&amp;', '&'))
      if (next.origin === this.#world.issuer) return this.visit(next)
      return { status: response.status, url: next, text: '', headers: response.headers }
    }
    return { status: response.status, url: at, text, headers: response.headers }
  }

  /** Sends the form of `page` whose action ends in `step`, with its hidden fields and `fields`. */
  async submit(page: Visit, step: string, fields: Record<string, string> = {}): Promise<Visit> {
    const forms = [...page.text.matchAll(/<form[^>]* action="([^"]*)"[^>]*>(.*?)<\/form>/gs)]
    const form = forms.find(([, action]) => action?.endsWith(step))
    if (!form) throw new Error(`no form "${step}" on ${page.url}: ${page.text}`)
    const body = new URLSearchParams()
    for (const [, name, value] of (form[2] ?? '').matchAll(
      /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
    )) {
      body.set(name ?? '', value ?? '')
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    return this.visit(new URL(form[1] ?? '', page.url), {
      method: 'POST',
      body,
      headers: { origin: this.#world.issuer },
    })
  }

  /** Signs in and consents where asked; answers the redirect to the client. */
  async authorize(url: URL | string, login: string, password: string): Promise<URL> {
    let page = await this.visit(url)
    if (page.text.includes('name="password"')) {
      page = await this.submit(page, '/login', { login, password })
    }
    if (page.text.includes('/consent"')) page = await this.submit(page, '/consent')
    if (page.url.origin === this.#world.issuer)
      throw new Error(`stuck at ${page.url}: ${page.text}`)
    return page.url
  }

  #keep(line: string): void {
    this.received.push(line)
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    const path = attributes.find((item) => item.startsWith('path='))?.slice(5) ?? '/'
    if (value === '') this.cookies.delete(name)
    else this.cookies.set(name, { value, path })
  }
}
