import { describe, expect, it } from 'vitest'
import type { Extras, SchemeFeature } from '../../src/auth/feature.ts'
import type { Scheme } from '../../src/auth/scheme.ts'
import { allOf, anyOf } from '../../src/config/define.ts'
import { protectedResource } from '../../src/edge/resource-metadata.ts'
import { GatewayError } from '../../src/errors.ts'
import { createTestGateway, ORIGIN, refusal } from '../support/gateway.ts'

/** A scheme with something behind every door: tickets in a header, a cookie, a parameter or a subprotocol. */
function tickets(more: Partial<Scheme & Extras> = {}): SchemeFeature {
  return {
    check: () => {},
    compile: (name, house) => ({
      name,
      withholds: [
        { header: 'x-ticket' },
        { cookie: 'ticket' },
        { query: 'ticket' },
        { subprotocol: 'ticket' },
      ],
      find: ({ request }) => {
        const value = request.headers.get('x-ticket')
        return value === null ? undefined : { value, place: { header: 'x-ticket' }, ambient: false }
      },
      verify: async ({ value }) => {
        const finish = (headers: Headers, status: number) => headers.append('x-seen', `${status}`)
        if (value !== 'good') throw new GatewayError('invalid_token', { reason: 'bad', finish })
        const principal = {
          kind: 'person' as const,
          subject: 'ticket',
          issuer: 'urn:tickets',
          scheme: name,
          scopes: new Set<string>(),
          roles: [],
          claims: {},
          expiresAt: house.now() + 60,
        }
        return { principal, finish }
      },
      challenge: (error) => `Ticket${error ? ' error' : ''}`,
      ...more,
    }),
  }
}

const headers = { 'x-ticket': 'good' }

describe('a scheme', () => {
  it('is named by the challenge of its routes, beside the others that would do', async () => {
    const { send, issuer } = await createTestGateway()
    const { send: sendTicket } = await createTestGateway({
      issuer,
      config: { schemes: { tickets: tickets(), more: tickets() } },
      routes: [{ path: '/*', auth: anyOf('tickets', 'more'), to: ORIGIN }],
    })
    expect((await send('/')).headers.get('www-authenticate')).toBe('Bearer')
    expect((await sendTicket('/')).headers.get('www-authenticate')).toBe('Ticket')
    const bad = await sendTicket('/', { headers: { 'x-ticket': 'bad' } })
    // Only the one that judged is told what was wrong.
    expect(bad.headers.get('www-authenticate')).toBe('Ticket error, Ticket')
  })

  it('changes the headers of answers and of refusals, last of all', async () => {
    const { send } = await createTestGateway({
      config: { schemes: { tickets: tickets() } },
      routes: [
        { path: '/*', to: ORIGIN },
        { path: '/admin', to: ORIGIN, roles: ['admin'] },
      ],
    })
    const seen = async (path: string, ticket: string) =>
      (await send(path, { headers: { 'x-ticket': ticket } })).headers.get('x-seen')
    expect(await seen('/', 'good')).toBe('200')
    expect(await seen('/admin', 'good')).toBe('403')
    expect(await seen('/', 'bad')).toBe('401')
  })

  it('has its credentials kept from origins wherever they stand, on public routes too', async () => {
    const { send, received } = await createTestGateway({
      config: { schemes: { tickets: tickets() } },
      routes: [
        { path: '/*', to: ORIGIN },
        { path: '/public', to: ORIGIN, auth: 'public' },
      ],
    })
    const all = {
      ...headers,
      cookie: 'a=1; ticket=good',
      'sec-websocket-protocol': 'chat, ticket.good',
    }
    await send('/a?x=1&ticket=good', { headers: all })
    await send('/public?ticket=good', { headers: all })
    const what = received.map((request) => [
      request.url,
      request.headers.get('x-ticket'),
      request.headers.get('cookie'),
      request.headers.get('sec-websocket-protocol'),
    ])
    expect(what).toEqual([
      [`${ORIGIN}/a?x=1`, null, 'a=1', 'chat'],
      [`${ORIGIN}/public`, null, 'a=1', 'chat'],
    ])
  })

  it('has endpoints of its own, which no route of the owner may take', async () => {
    const endpoints = [
      {
        path: '/tickets/ask',
        host: undefined,
        methods: ['POST'],
        handle: async () => Response.json({ ticket: 'good' }),
      },
    ]
    const schemes = { tickets: tickets({ endpoints }) }
    const { send, received } = await createTestGateway({ config: { schemes } })
    const asked = await send('/tickets/ask', { method: 'POST' })
    expect([asked.status, await asked.json()]).toEqual([200, { ticket: 'good' }])
    expect(await refusal(await send('/tickets/ask'))).toEqual([405, 'method_not_allowed'])
    expect(received).toEqual([])
    const { gateway } = await createTestGateway({
      config: { schemes },
      routes: [
        { path: '/tickets/:what', to: ORIGIN },
        { path: '/Tickets/ask/', to: ORIGIN },
      ],
    })
    expect(gateway.problems).toEqual([
      'routes[1] (/Tickets/ask/).path: is the address of schemes.tickets, where the gateway answers itself. Choose another path, or take schemes.tickets out',
    ])
  })

  it('has its scheduled work done, and its failure logged without ending that of others', async () => {
    const done: string[] = []
    const work = (name: string) => async () => {
      done.push(name)
      if (name === 'first') throw new Error('nobody there')
    }
    const { gateway, events } = await createTestGateway({
      config: {
        schemes: {
          first: tickets({ scheduled: work('first') }),
          second: tickets({ scheduled: work('second') }),
        },
      },
      routes: [{ path: '/*', auth: allOf('first', 'second'), to: ORIGIN }],
    })
    await gateway.scheduled({ waitUntil: () => {} })
    expect(done).toEqual(['first', 'second'])
    expect(events).toEqual([
      { event: 'scheduled_failed', of: 'schemes.first', reason: 'Error: nobody there' },
    ])
  })

  it('adds fields to the log event of requests that were let in, never over its own', async () => {
    const fields: Extras['fields'] = ({ principals }, { status }) => ({
      ticket: `${principals[0]?.subject} ${status}`,
      status: 999,
    })
    const { send, lastEvent } = await createTestGateway({
      config: { schemes: { tickets: tickets({ fields }) } },
    })
    await send('/', { headers })
    expect(lastEvent()).toMatchObject({ ticket: 'ticket 200', status: 200, scheme: 'tickets' })
    await send('/')
    expect(lastEvent()).not.toHaveProperty('ticket')
  })
})

describe('a part', () => {
  it('of every route is that of the routes that have none of their own', async () => {
    const { send } = await createTestGateway({
      config: { every: { resource: protectedResource({ name: 'All' }) } },
      routes: [
        { path: '/a/*', to: ORIGIN },
        { path: '/b/*', to: ORIGIN, resource: protectedResource({ name: 'B' }) },
        { path: '/public', to: ORIGIN, auth: 'public' },
      ],
    })
    const nameOf = async (path: string) => {
      const response = await send(`/.well-known/oauth-protected-resource${path}`)
      return response.status === 200
        ? ((await response.json()) as { resource_name: string }).resource_name
        : response.status
    }
    expect([await nameOf('/a'), await nameOf('/b'), await nameOf('/public')]).toEqual([
      'All',
      'B',
      404,
    ])
  })

  it('may have one address at two hosts', async () => {
    const route = { path: '/a/*', to: ORIGIN, resource: protectedResource() }
    const { gateway } = await createTestGateway({
      routes: [
        { ...route, host: 'a.test' },
        { ...route, host: 'b.test' },
      ],
    })
    expect(gateway.problems).toEqual([])
  })
})
