// `npm start`: the owner's gateway, as src/gateway.config.ts and wrangler.toml describe it.

import { banner } from './local/banner.ts'
import { run } from './local/run.ts'

await run('wrangler.toml', banner)
