import { describe, expect, it } from 'vitest'
import { routeRowsOf, routeTable } from '../../src/cli/check/routes.ts'
import { addresses } from '../../src/edge/addresses.ts'
import { bodyLimit } from '../../src/edge/body-limit.ts'
import { idleTimeout } from '../../src/upstream/idle-timeout.ts'
import { retry } from '../../src/upstream/retry.ts'

const ORIGIN = 'https://orders.acme.example'

describe('the table of routes', () => {
  it('says which addresses may come, and what holds for connections', () => {
    const rows = routeRowsOf({
      schemes: {},
      every: { addresses: addresses({ deny: ['192.0.2.0/24'] }) },
      routes: [
        { path: '/all', auth: 'public', to: ORIGIN },
        {
          path: '/office',
          auth: 'public',
          to: ORIGIN,
          addresses: addresses({
            allow: ['203.0.113.0/24', '198.51.100.7', '2001:db8::/32', '2001:db9::/32'],
            deny: ['203.0.113.64/26'],
          }),
          bodyLimit: bodyLimit({ maxBytes: 1_000_000 }),
          retry: retry({ statuses: [503] }),
          idleTimeout: idleTimeout({ seconds: 60, eventStreams: true }),
        },
      ],
    })
    expect(rows.map(({ parts }) => parts)).toEqual([
      ['addresses (not 192.0.2.0/24)'],
      [
        'addresses (only 203.0.113.0/24 198.51.100.7 2001:db8::/32 and 1 more, not 203.0.113.64/26)',
        'bodyLimit (1000000 bytes)',
        'retry (503 10 %)',
        'idleTimeout (60 s, event streams too)',
      ],
    ])
    expect(routeTable(rows)[1]).toContain('addresses (not 192.0.2.0/24)')
  })
})
