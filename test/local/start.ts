// `npm start`: the owner's gateway, as src/gateway.config.ts and wrangler.toml describe it.

import { banner } from './banner.ts'
import { run } from './run.ts'

await run('wrangler.toml', banner)
