// `npm run -s token`: prints one access token of the running demo and nothing else.

import { parseArgs } from 'node:util'
import { readPort } from './address.ts'
import { DemoError } from './demo-error.ts'
import { mintToken } from './mint.ts'
import { ALL_SCOPES } from './world.ts'

try {
  const scope = readScope(process.argv.slice(2))
  const { accessToken, scopes } = await mintToken(readPort(process.env.PORT), scope)
  const refused = scope.split(' ').filter((name) => name !== '' && !scopes.includes(name))
  if (refused.length > 0) console.error(`Not granted: ${refused.join(' ')}`)
  console.log(accessToken)
} catch (error) {
  if (!(error instanceof DemoError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

function readScope(args: string[]): string {
  try {
    const { values } = parseArgs({ args, options: { scope: { type: 'string' } } })
    return values.scope ?? ALL_SCOPES
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    throw new DemoError(`${reason}. Usage: npm run -s token -- [--scope "a b"]`, { cause })
  }
}
