// The Worker of `npm run demo`. Its first request puts the tour's key where `npm run api-key` would.

import { worker } from '../../src/worker.ts'
import define, { type DemoEnv } from './gateway.config.ts'
import { keepGoodKey } from './keys.ts'

const gateway = worker(define)
let isKept = false

export default {
  ...gateway,
  async fetch(request, env, context) {
    if (!isKept) await keepGoodKey(env.STORE)
    isKept = true
    return gateway.fetch(request, env, context)
  },
} satisfies ExportedHandler<DemoEnv>
