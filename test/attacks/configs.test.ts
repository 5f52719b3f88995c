import { describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { createGateway } from '../support/watched-gateway.ts'
import { CONFIG_MISTAKES, GOOD_CONFIG } from './configs.ts'
import { refusal } from './world.ts'

describe('a mistake in the configuration', () => {
  for (const { ids, mistake, config, at } of CONFIG_MISTAKES)
    it(`${ids}: ${mistake} closes the gateway`, async () => {
      const calls: string[] = []
      const gateway = createGateway(config as GatewayConfig, {
        log: () => {},
        fetch: async ({ url }) => {
          calls.push(url)
          return new Response('{}')
        },
      })
      expect(gateway.problems.map((problem) => problem.split(': ')[0])).toEqual([at])
      const context = { waitUntil: () => {} }
      for (const path of ['/', '/public', '/health']) {
        const response = await gateway.fetch(new Request(`https://api.test${path}`), context)
        expect(await refusal(response)).toEqual([500, 'config_invalid'])
      }
      await gateway.scheduled(context)
      expect(calls).toEqual([])
    })

  it('is not seen where there is none', () => {
    expect(createGateway(GOOD_CONFIG).problems).toEqual([])
  })
})
