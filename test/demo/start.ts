// `npm run demo`: the tour, by the same start as the owner's gateway.

import { run } from '../../src/cli/local/run.ts'
import { tour } from './tour.ts'

await run('test/demo/wrangler.toml', tour)
