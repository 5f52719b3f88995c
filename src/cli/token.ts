// `npm run -s token`: prints one access token of the running authorization server and nothing else.

import { parseArgs } from 'node:util'
import { findPort } from './local/address.ts'
import { mintToken } from './local/mint.ts'
import { runningPorts } from './local/running.ts'
import { StartError } from './local/start-error.ts'
import { ALL_SCOPES } from './local/world.ts'

const USAGE = 'Usage: npm run -s token -- [--scope "a b"]'

try {
  const scope = readScope(process.argv.slice(2), process.env.npm_config_scope)
  const port = findPort(process.env.PORT, runningPorts())
  const { accessToken, scopes } = await mintToken(port, scope)
  const refused = scope.split(' ').filter((name) => name !== '' && !scopes.includes(name))
  if (refused.length > 0) console.error(`Not granted: ${refused.join(' ')}`)
  console.log(accessToken)
} catch (error) {
  if (!(error instanceof StartError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

/** Without `--`, npm keeps the option as a setting of its own, which otherwise names a registry's `@scope`. */
function readScope(args: string[], setting = ''): string {
  if (setting !== '' && !setting.startsWith('@')) {
    throw new StartError(
      `"--scope" went to npm itself. Write "--" before it: npm run -s token -- --scope "${setting}"`,
    )
  }
  try {
    const { values } = parseArgs({ args, options: { scope: { type: 'string' } } })
    return values.scope ?? ALL_SCOPES
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    throw new StartError(`${reason}. ${USAGE}`, { cause })
  }
}
