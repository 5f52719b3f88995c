import { describe, expect, it } from 'vitest'
import { cached } from '../../../src/edge/cache/cached.ts'
import type { CachedOptions } from '../../../src/edge/cache/options.ts'
import type { AnswerCache } from '../../../src/edge/cache/stored.ts'
import { createTestGateway, ORIGIN, type TestGateway } from '../../support/gateway.ts'

/** The Cache API in memory: what is put is there at once, whole or not at all. */
function createMemoryCache() {
  const entries = new Map<string, { body: ArrayBuffer; headers: Headers }>()
  const cache: AnswerCache & { entries: typeof entries } = {
    entries,
    async match(key) {
      const entry = entries.get(key)
      return entry && new Response(entry.body, { headers: entry.headers })
    },
    async put(key, response) {
      entries.set(key, { body: await response.arrayBuffer(), headers: response.headers })
    },
    async delete(key) {
      return entries.delete(key)
    },
  }
  return cache
}

interface Setup extends TestGateway {
  cache: ReturnType<typeof createMemoryCache>
  as(subject: string, path: string, init?: RequestInit, claims?: object): Promise<Response>
}

type Origin = (request: Request) => Response | Promise<Response>

async function createWorld(options: CachedOptions, origin: Origin, route: object = {}) {
  const cache = createMemoryCache()
  const world = await createTestGateway({
    routes: [{ path: '/*', to: ORIGIN, cache: cached(options, async () => cache), ...route }],
    origin,
  })
  return { ...world, cache }
}

/** A world in which a request has ended, and what is stored of it is stored, when its answer is there. */
async function setup(options: CachedOptions, origin: Origin, route: object = {}): Promise<Setup> {
  const world = await createWorld(options, origin, route)
  const send: TestGateway['send'] = async (path, init) => {
    const response = await world.send(path, init)
    const body = response.body === null ? null : await response.text()
    await world.settle()
    return new Response(body, response)
  }
  return {
    ...world,
    send,
    async as(subject, path, init = {}, claims = {}) {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${await world.issuer.mint({ sub: subject, ...claims })}`)
      return send(path, { ...init, headers })
    },
  }
}

const answer = (text: string, headers: Record<string, string>, status = 200) =>
  new Response(text, { status, headers })

const OPEN = { auth: 'public' }

describe('a stored answer', () => {
  it('is given without the origin while it is fresh, with its age', async () => {
    const world = await setup(
      { share: 'everyone' },
      () => answer('one', { 'cache-control': 'max-age=60', 'x-own': 'kept' }),
      OPEN,
    )
    const first = await world.send('/a')
    world.clock.now += 10
    const second = await world.send('/a')
    expect(first.headers.get('cache-status')).toBe('Gatehouse; fwd=uri-miss; stored')
    expect(await second.text()).toBe('one')
    expect(second.headers.get('cache-status')).toBe('Gatehouse; hit; ttl=50')
    expect(second.headers.get('age')).toBe('10')
    expect(second.headers.get('cache-control')).toBe('max-age=60')
    expect(second.headers.get('x-own')).toBe('kept')
    expect(world.received).toHaveLength(1)
    expect(world.lastEvent()).toMatchObject({ cache: 'hit' })
  })

  it('is replaced when it is stale', async () => {
    let count = 0
    const world = await setup(
      { share: 'everyone' },
      () => answer(`${++count}`, { 'cache-control': 'max-age=60' }),
      OPEN,
    )
    await world.send('/a')
    world.clock.now += 60
    expect(await (await world.send('/a')).text()).toBe('2')
    expect(await (await world.send('/a')).text()).toBe('2')
  })

  it('is checked with the origin by its validator, and lasts again', async () => {
    const world = await setup(
      { share: 'everyone' },
      (request) =>
        request.headers.get('if-none-match') === '"v1"'
          ? new Response(null, {
              status: 304,
              headers: { etag: '"v1"', 'cache-control': 'max-age=30' },
            })
          : answer('one', { 'cache-control': 'max-age=60', etag: '"v1"' }),
      OPEN,
    )
    await world.send('/a')
    world.clock.now += 61
    const checked = await world.send('/a')
    expect([checked.status, await checked.text()]).toEqual([200, 'one'])
    expect(checked.headers.get('cache-status')).toBe('Gatehouse; fwd=stale; fwd-status=304; stored')
    world.clock.now += 20
    const again = await world.send('/a')
    expect([await again.text(), again.headers.get('cache-status')]).toEqual([
      'one',
      'Gatehouse; hit; ttl=10',
    ])
    expect(world.received).toHaveLength(2)
  })

  it('answers conditional requests and HEAD', async () => {
    const world = await setup(
      { share: 'everyone' },
      () => answer('one', { 'cache-control': 'max-age=60', etag: '"v1"' }),
      OPEN,
    )
    await world.send('/a')
    const same = await world.send('/a', { headers: { 'if-none-match': 'W/"v1", "v2"' } })
    const other = await world.send('/a', { headers: { 'if-none-match': '"v2"' } })
    const head = await world.send('/a', { method: 'HEAD' })
    expect([same.status, other.status, head.status]).toEqual([304, 200, 200])
    expect([same.body, head.body]).toEqual([null, null])
    expect(world.received).toHaveLength(1)
  })

  it('is one for each value of the headers in Vary', async () => {
    const world = await setup(
      { share: 'everyone' },
      (request) =>
        answer(`in ${request.headers.get('accept-language')}`, {
          'cache-control': 'max-age=60',
          vary: 'Accept-Language',
        }),
      OPEN,
    )
    const get = async (language: string) =>
      (await world.send('/a', { headers: { 'accept-language': language } })).text()
    expect([await get('de'), await get('en'), await get('de'), await get('en')]).toEqual([
      'in de',
      'in en',
      'in de',
      'in en',
    ])
    expect(world.received).toHaveLength(2)
  })

  it('is gone, in every variant, when something else than GET has succeeded at its URL', async () => {
    let count = 0
    const world = await setup(
      { share: 'everyone' },
      (request) =>
        answer(`${++count} ${request.method}`, { 'cache-control': 'max-age=60', vary: 'accept' }),
      OPEN,
    )
    const get = async (accept: string) => (await world.send('/a', { headers: { accept } })).text()
    await get('a/a')
    await get('b/b')
    await world.send('/a', { method: 'POST', body: 'new' })
    expect([await get('a/a'), await get('b/b'), await get('a/a')]).toEqual([
      '4 GET',
      '5 GET',
      '4 GET',
    ])
  })

  it('is not what the origin said before a change that has succeeded meanwhile', async () => {
    const [asked, old] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let count = 0
    const { send, settle } = await createWorld(
      { share: 'everyone' },
      async ({ method }) => {
        const text = `${++count}`
        asked.resolve()
        if (text === '1') await old.promise
        return answer(`${text} ${method}`, { 'cache-control': 'max-age=60' })
      },
      OPEN,
    )
    const first = send('/a')
    await asked.promise
    await send('/a', { method: 'POST', body: 'new' })
    old.resolve()
    expect(await (await first).text()).toBe('1 GET')
    await settle()
    expect(await (await send('/a')).text()).toBe('3 GET')
  })

  it('is not used where the client asks for a new one, and is all there is for only-if-cached', async () => {
    const world = await setup(
      { share: 'everyone' },
      () => answer('one', { 'cache-control': 'max-age=60' }),
      OPEN,
    )
    const get = async (control: string) =>
      (await world.send('/a', { headers: { 'cache-control': control } })).status
    expect(await get('only-if-cached')).toBe(504)
    expect(world.received).toHaveLength(0)
    await world.send('/a')
    expect(await get('only-if-cached')).toBe(200)
    expect(world.received).toHaveLength(1)
    await get('no-cache')
    world.clock.now += 10
    await get('max-age=5')
    await get('max-age=5')
    expect(world.received).toHaveLength(3)
  })

  it('is given stale while a new one is asked for, as long as the origin and the owner allow', async () => {
    let count = 0
    const world = await setup(
      { share: 'everyone', maxStaleSeconds: 20 },
      () => answer(`${++count}`, { 'cache-control': 'max-age=60, stale-while-revalidate=600' }),
      OPEN,
    )
    await world.send('/a')
    world.clock.now += 80
    expect(await (await world.send('/a')).text()).toBe('1')
    expect(await (await world.send('/a')).text()).toBe('2')
    world.clock.now += 81
    expect(await (await world.send('/a')).text()).toBe('3')
  })

  it('is given stale where the origin fails, as long as the origin and the owner allow', async () => {
    const state: { isDown: boolean } = { isDown: false }
    const world = await setup(
      { share: 'everyone', maxStaleSeconds: 20 },
      () => {
        if (state.isDown) throw new Error('down')
        return answer('one', { 'cache-control': 'max-age=60, stale-if-error=600' })
      },
      OPEN,
    )
    await world.send('/a')
    state.isDown = true
    world.clock.now += 80
    expect(await (await world.send('/a')).text()).toBe('one')
    world.clock.now += 1
    expect((await world.send('/a')).status).toBe(502)
  })
})

describe('an answer', () => {
  it.each([
    ['that says no-store', { 'cache-control': 'no-store, max-age=60' }, 200],
    ['that says private, to all', { 'cache-control': 'private, max-age=60' }, 200],
    ['that does not say how long', { etag: '"v1"' }, 200],
    ['with a cookie', { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=b' }, 200],
    ['that depends on everything', { 'cache-control': 'max-age=60', vary: '*' }, 200],
    ['that is a part', { 'cache-control': 'max-age=60', 'content-range': 'bytes 0-1/9' }, 206],
    [
      'that is a stream of events',
      { 'cache-control': 'max-age=60', 'content-type': 'text/event-stream' },
      200,
    ],
    ['with a status that is not understood', { 'cache-control': 'max-age=60' }, 418],
    ['that is an error', { 'cache-control': 'max-age=60' }, 503],
    ['after an empty directive', { 'cache-control': ', no-store, max-age=60' }, 200],
    ['behind an open quote', { 'cache-control': 'max-age=60, a="b, no-store' }, 200],
  ])('%s is never stored', async (_name, headers, status) => {
    const world = await setup(
      { share: 'everyone' },
      () => answer('one', headers as never, status),
      OPEN,
    )
    await world.send('/a')
    await world.send('/a')
    expect([world.received.length, world.cache.entries.size]).toEqual([2, 0])
  })

  it('that is too long, or breaks off, is given and not stored', async () => {
    const bodies: Record<string, () => ReadableStream> = {
      '/long': () => streamOf([new Uint8Array(8), new Uint8Array(3)]),
      '/broken': () => streamOf([new Uint8Array(8), 'breaks off']),
      '/whole': () => streamOf([new Uint8Array(8), new Uint8Array(2)]),
    }
    const { send, cache, settle } = await createWorld(
      { share: 'everyone', maxBytes: 10 },
      ({ url }) =>
        new Response(bodies[new URL(url).pathname]?.() ?? null, {
          headers: { 'cache-control': 'max-age=60' },
        }),
      OPEN,
    )
    const lengths: (number | string)[] = []
    for (const path of Object.keys(bodies)) {
      const body = (await send(path)).arrayBuffer()
      lengths.push(
        await body.then(
          ({ byteLength }) => byteLength,
          () => 'broken',
        ),
      )
      await settle()
      lengths.push(cache.entries.size)
    }
    expect(lengths).toEqual([11, 0, 'broken', 0, 10, 1])
  })
})

/** A text among the chunks is where it breaks off. */
function streamOf(chunks: (Uint8Array | string)[]): ReadableStream {
  const left = [...chunks]
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift()
      if (typeof chunk === 'string') controller.error(new Error(chunk))
      else if (chunk) controller.enqueue(chunk)
      else controller.close()
    },
  })
}

describe('what one caller got', () => {
  const echo = (control: string) => (request: Request) =>
    answer(`for ${request.headers.get('x-auth-subject')}`, { 'cache-control': control })

  it('is given to no other one, unless the origin says too that it is for all', async () => {
    for (const [control, expected] of [
      ['max-age=60', 'for bob'],
      ['private, max-age=60', 'for bob'],
      ['public, max-age=60', 'for ada'],
      ['s-maxage=60', 'for ada'],
      ['must-revalidate, max-age=60', 'for ada'],
    ] as const) {
      const world = await setup({ share: 'everyone' }, echo(control))
      await world.as('ada', '/a')
      expect([control, await (await world.as('bob', '/a')).text()]).toEqual([control, expected])
    }
  })

  it('is theirs alone with share: subject, for ten callers whose requests are interleaved', async () => {
    const world = await setup({ share: 'subject' }, echo('public, max-age=60'))
    const callers = Array.from({ length: 10 }, (_, index) => `user-${index}`)
    for (let round = 0; round < 3; round++) {
      const bodies = await Promise.all(
        callers.map(async (subject) => (await world.as(subject, '/a')).text()),
      )
      expect(bodies).toEqual(callers.map((subject) => `for ${subject}`))
    }
    expect(world.received).toHaveLength(10)
  })

  it('is not theirs any more when their rights are others', async () => {
    const world = await setup({ share: 'subject' }, echo('private, max-age=60'))
    await world.as('ada', '/a', {}, { scope: 'a b' })
    await world.as('ada', '/a', {}, { scope: 'b a', iat: 1 })
    expect(world.received.length).toBeGreaterThanOrEqual(1)
    const before = world.received.length
    await world.as('ada', '/a', {}, { scope: 'a' })
    await world.as('ada', '/a', {}, { tenant: 'other' })
    expect(world.received).toHaveLength(before + 2)
  })

  it('is shared by those with the same claims, where the origin allows it, and by nobody without them', async () => {
    const world = await setup({ share: ['tenant'] }, echo('public, max-age=60'))
    const get = async (subject: string, tenant?: string) =>
      (await world.as(subject, '/a', {}, tenant === undefined ? {} : { tenant })).text()
    expect(await get('ada', 'acme')).toBe('for ada')
    expect(await get('bob', 'acme')).toBe('for ada')
    expect(await get('eve', 'evil')).toBe('for eve')
    expect(await get('joe')).toBe('for joe')
    expect(await get('kim')).toBe('for kim')
  })

  it('is not for whoever is refused', async () => {
    const world = await setup({ share: 'everyone' }, echo('public, max-age=60'), {
      scopes: ['read'],
    })
    await world.as('ada', '/a', {}, { scope: 'read' })
    expect((await world.send('/a')).status).toBe(401)
    expect((await world.as('bob', '/a')).status).toBe(403)
    expect(world.received).toHaveLength(1)
  })

  it('is not for whoever would be refused, where rules are only tried out, and theirs is for nobody', async () => {
    const world = await setup({ share: 'everyone' }, echo('public, max-age=60'), {
      scopes: ['read'],
      dangerouslySimulate: true,
    })
    const may = { scope: 'read' }
    expect(await (await world.as('bob', '/a')).text()).toBe('for null')
    expect(await (await world.as('ada', '/a', {}, may)).text()).toBe('for ada')
    expect(await (await world.as('bob', '/a')).text()).toBe('for null')
    expect(await (await world.as('eve', '/a', {}, may)).text()).toBe('for ada')
  })

  it('is not for a public route’s other visitors where a cookie was sent', async () => {
    const world = await setup(
      { share: 'everyone' },
      (request) =>
        answer(`with ${request.headers.get('cookie')}`, { 'cache-control': 'max-age=60' }),
      OPEN,
    )
    await world.send('/a', { headers: { cookie: 'sid=ada' } })
    expect(await (await world.send('/a')).text()).toBe('with null')
  })
})
