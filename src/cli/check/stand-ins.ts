/** What stands in for other Workers in commands that run the gateway without them. */

import { unstable_readConfig } from 'wrangler'
import { createState } from '../../testing/state.ts'

interface ServiceBinding {
  readonly binding: string
  readonly service: string
  readonly entrypoint?: string
}

/**
 * By the names of the service bindings in wrangler.toml. The state Worker remembers nothing between two commands and
 * limits nobody, every other Worker answers 501. The platform's own stub of a Worker that does not run fails as soon as
 * it is looked at.
 */
export function workersStandingIn(environment: string | undefined): Record<string, object> {
  const config = unstable_readConfig(
    { config: 'wrangler.toml', env: environment },
    { hideWarnings: true },
  )
  const services = (config.services ?? []) as readonly ServiceBinding[]
  return Object.fromEntries(
    services.map(({ binding, service, entrypoint }) => [
      binding,
      entrypoint === 'State' ? openState() : { fetch: async () => absent(service) },
    ]),
  )
}

function openState(): object {
  const state = createState(() => Math.floor(Date.now() / 1_000))
  const takeRequests: typeof state.takeRequests = async (
    _contract,
    _shard,
    { requests, want },
  ) => ({
    granted: want,
    remaining: requests,
    resetMs: 0,
    retryMs: 0,
  })
  return { ...state, takeRequests }
}

function absent(service: string): Response {
  return new Response(`the Worker ${service} is not asked here\n`, { status: 501 })
}
