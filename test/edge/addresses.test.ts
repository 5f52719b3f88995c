import { describe, expect, it } from 'vitest'
import { type AddressesOptions, addresses } from '../../src/edge/addresses.ts'
import { limit } from '../../src/edge/limit/limit.ts'
import { createTestGateway, ORIGIN, refusal } from '../support/gateway.ts'

const gatewayWith = (options: AddressesOptions, more: object = {}) =>
  createTestGateway({
    routes: [
      { path: '/*', auth: 'public', to: ORIGIN, addresses: addresses(options), ...more },
      { path: '/tokens', to: ORIGIN, addresses: addresses(options) },
    ],
  })

const REFUSED = [403, 'address_denied']

/** Which of these addresses get in; `none` is a request without one. */
async function letIn(options: AddressesOptions, from: readonly string[]): Promise<string[]> {
  const { send } = await gatewayWith(options)
  const inside: string[] = []
  for (const address of from) {
    const headers = address === 'none' ? {} : { 'cf-connecting-ip': address }
    const response = await send('/', { headers })
    if (response.status === 200) inside.push(address)
    else expect(await refusal(response)).toEqual(REFUSED)
  }
  return inside
}

describe('a route with a list of addresses', () => {
  it('lets in those of allow and nobody else', async () => {
    const allow = ['203.0.113.0/24', '198.51.100.7', '2001:db8::/32']
    const from = [
      '203.0.113.0',
      '203.0.113.255',
      '203.0.112.255',
      '203.0.114.0',
      '198.51.100.7',
      '198.51.100.8',
      '2001:db8::1',
      '2001:DB8:FFFF:ffff:ffff:ffff:ffff:ffff',
      '2001:db9::1',
    ]
    const inside = [from[0], from[1], from[4], from[6], from[7]]
    expect(await letIn({ allow }, from)).toEqual(inside)
  })

  it('keeps out those of deny, also where allow has them', async () => {
    const deny = ['203.0.113.64/26', '2001:db8:bad::/48']
    const from = ['203.0.113.63', '203.0.113.64', '203.0.113.127', '203.0.113.128', '192.0.2.1']
    expect(await letIn({ deny }, from)).toEqual(['203.0.113.63', '203.0.113.128', '192.0.2.1'])
    const both = { deny, allow: ['203.0.113.0/24', '2001:db8::/32'] }
    expect(await letIn(both, from)).toEqual(['203.0.113.63', '203.0.113.128'])
    expect(await letIn(both, ['2001:db8:bad::1', '2001:db8:bac::1'])).toEqual(['2001:db8:bac::1'])
  })

  it.each([
    ['in hexadecimal', '::ffff:cb00:7140'],
    ['in decimal', '::ffff:203.0.113.64'],
    ['written out', '0:0:0:0:0:FFFF:203.0.113.64'],
  ])('takes an IPv4 address in the form of IPv6, %s, for the IPv4 address', async (_, mapped) => {
    expect(await letIn({ deny: ['203.0.113.64/26'] }, [mapped])).toEqual([])
    expect(await letIn({ allow: ['203.0.113.0/24'] }, [mapped])).toEqual([mapped])
  })

  it('does not let IPv4 in by a range of IPv6, and the other way round', async () => {
    expect(
      await letIn({ allow: ['::/0'] }, ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1']),
    ).toEqual(['2001:db8::1'])
    expect(await letIn({ allow: ['0.0.0.0/0'] }, ['192.0.2.1', '2001:db8::1'])).toEqual([
      '192.0.2.1',
    ])
  })

  it.each(['none', '', 'unknown', '203.0.113.1, 192.0.2.1', '203.0.113.1:443', '203.0.113'])(
    'keeps out a request whose address is %j, which nobody can judge',
    async (address) => {
      expect(await letIn({ deny: ['192.0.2.0/24'] }, [address])).toEqual([])
      expect(await letIn({ allow: ['203.0.113.0/24'] }, [address])).toEqual([])
    },
  )

  it('keeps out an address that only stands for one, unless allow has it', async () => {
    expect(await letIn({ deny: ['2001:db8::/32'] }, ['245.16.0.9'])).toEqual([])
    expect(await letIn({ allow: ['240.0.0.0/4'] }, ['245.16.0.9'])).toEqual(['245.16.0.9'])
  })

  it.each(['x-forwarded-for', 'x-real-ip', 'true-client-ip', 'forwarded', 'cf-connecting-ipv6'])(
    'believes no address that a client claims in %s',
    async (name) => {
      const { send } = await gatewayWith({ allow: ['203.0.113.0/24'] })
      const value = name === 'forwarded' ? 'for=203.0.113.7' : '203.0.113.7'
      const headers = { 'cf-connecting-ip': '192.0.2.1', [name]: value }
      expect(await refusal(await send('/', { headers }))).toEqual(REFUSED)
      expect((await send('/', { headers: { [name]: value } })).status).toBe(403)
    },
  )

  it('asks before anybody is asked who they are, and before anything is counted', async () => {
    let counted = 0
    const count = { limit: async () => ({ success: ++counted > 0 }) }
    const { send, sendWithToken, received, lastEvent } = await gatewayWith(
      { deny: ['192.0.2.0/24'] },
      { limit: limit({ by: 'address', requests: 9, perSeconds: 60, binding: count }) },
    )
    const headers = { 'cf-connecting-ip': '192.0.2.1' }
    for (const sent of [send('/tokens', { headers }), sendWithToken('/tokens', { headers })]) {
      const response = await sent
      expect(response.headers.get('www-authenticate')).toBeNull()
      expect(await refusal(response)).toEqual(REFUSED)
    }
    expect(await refusal(await send('/', { headers }))).toEqual(REFUSED)
    expect([counted, received.length]).toEqual([0, 0])
    expect(lastEvent()).toMatchObject({
      code: 'address_denied',
      reason: 'the address of the client is denied by 192.0.2.0/24',
    })
    expect((await send('/', { headers: { 'cf-connecting-ip': '192.0.3.1' } })).status).toBe(200)
    expect(counted).toBe(1)
  })

  it('stands where refusals are only tried out', async () => {
    const { send } = await createTestGateway({
      routes: [
        {
          path: '/*',
          to: ORIGIN,
          dangerouslySimulate: true,
          addresses: addresses({ allow: ['203.0.113.0/24'] }),
        },
      ],
    })
    const from = (address: string) => send('/', { headers: { 'cf-connecting-ip': address } })
    expect(await refusal(await from('192.0.2.1'))).toEqual(REFUSED)
    expect((await from('203.0.113.1')).status).toBe(200)
  })

  it('is replaced by a list of the route’s own', async () => {
    const { send } = await createTestGateway({
      config: { every: { addresses: addresses({ allow: ['203.0.113.0/24'] }) } },
      routes: [
        { path: '/*', auth: 'public', to: ORIGIN },
        {
          path: '/partners',
          auth: 'public',
          to: ORIGIN,
          addresses: addresses({ allow: ['198.51.100.0/24'] }),
        },
      ],
    })
    const statusOf = async (path: string, address: string) =>
      (await send(path, { headers: { 'cf-connecting-ip': address } })).status
    expect(await statusOf('/', '203.0.113.1')).toBe(200)
    expect(await statusOf('/', '198.51.100.1')).toBe(403)
    expect(await statusOf('/partners', '198.51.100.1')).toBe(200)
    expect(await statusOf('/partners', '203.0.113.1')).toBe(403)
  })
})
