/**
 * `npm run check` runs this: it evaluates gateway.config.ts as a Worker would and prints every problem. Uses the
 * values of .dev.vars, and those of .dev.vars.example where there is no such file.
 */

import { existsSync } from 'node:fs'
import { styleText } from 'node:util'
import { getPlatformProxy } from 'wrangler'

import { checkConfig } from '../config/prepare.ts'
import { warnings } from '../config/warnings.ts'
import define from '../gateway.config.ts'

const EXAMPLE = '.dev.vars.example'

const isExample = !existsSync('.dev.vars')
const { env, dispose } = await getPlatformProxy<Env>({
  configPath: 'wrangler.toml',
  persist: false,
  ...(isExample && { envFiles: [EXAMPLE] }),
})

try {
  const config = define(env)
  const problems = checkConfig(config)
  for (const problem of problems) console.error(`${styleText('red', 'problem')}  ${problem}`)
  if (problems.length === 0) {
    for (const warning of warnings(config))
      console.warn(`${styleText('yellow', 'warning')}  ${warning}`)
    const routes = `${config.routes.length} route${config.routes.length === 1 ? '' : 's'}`
    console.log(
      `gateway.config.ts is sound: ${routes}${isExample ? `, checked with ${EXAMPLE}` : ''}`,
    )
  }
  process.exitCode = problems.length === 0 ? 0 : 1
} catch (error) {
  console.error(`${styleText('red', 'problem')}  gateway.config.ts throws: ${error}`)
  process.exitCode = 1
} finally {
  await dispose()
}
