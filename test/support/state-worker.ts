// The shipped state Worker beside the tests that run inside the Workers runtime. Always bound there: a
// feature's tests need it, and they pass `undefined` where they mean unbound.

import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { bundleWorker } from './worker-bundle.ts'

const CONFIG = 'src/state/wrangler.toml'
const NAME = 'gatehouse-state'

/** What the Workers of the tests are given: the state Worker, and STATE bound to its entrypoint. */
export async function besideState() {
  const { modulesRules: _, ...options } = unstable_getMiniflareWorkerOptions(CONFIG).workerOptions
  const script = await bundleWorker({ entry: 'src/state/index.ts' })
  return {
    serviceBindings: { STATE: { name: NAME, entrypoint: 'State' } },
    workers: [{ ...options, name: NAME, modules: true as const, script }],
  }
}
