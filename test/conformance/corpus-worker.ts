// The gateway as the corpus runner drives it: one route and one issuer entry per verifier
// configuration, key sets over HTTP, and a clock that a request header sets. Test code alone.

import { oidc } from '../../src/auth/presets/oidc.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { claims } from '../../src/upstream/claims-handler.ts'
import { CLOCK_HEADER, type Door } from './door.ts'

interface Entry {
  gateway: Gateway
  clock: { now: number }
}

const entries = new Map<string, Entry>()

function build(doors: readonly Door[], now: number): Entry {
  const clock = { now }
  const gateway = createGateway(
    {
      schemes: Object.fromEntries(
        doors.map(({ path, ...options }) => [path, oidc({ ...options, clockSkewSeconds: 0 })]),
      ),
      routes: doors.map(({ path }) => ({ path, auth: path, to: claims })),
    },
    { now: () => clock.now },
  )
  return { gateway, clock }
}

export default {
  async fetch(request, env, context) {
    const [name = '', seconds = ''] = (request.headers.get(CLOCK_HEADER) ?? '').split(':')
    const entry = entries.get(name) ?? build(env.DOORS, Number(seconds))
    entries.set(name, entry)
    entry.clock.now = Number(seconds)
    return entry.gateway.fetch(request, context)
  },
} satisfies ExportedHandler<{ DOORS: Door[] }>
