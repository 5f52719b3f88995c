/** `npm run revoke`: cuts tokens off before they expire, at a gateway of this machine or a deployed one. */

import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { localUrl } from './local/address.ts'
import { onTerminal } from './npm-options.ts'
import { readRevoke, revoke, USAGE } from './revoke/command.ts'
import { meantGateway, runningGateways } from './running.ts'

async function main(): Promise<void> {
  onTerminal(USAGE)
  const { help, url, question } = readRevoke(process.argv.slice(2))
  if (help) return void process.stdout.write(USAGE)
  const otherwise = 'Run "npm start", or name a deployed one with --url'
  const local = () =>
    meantGateway(runningGateways('.'), process.env.PORT, { script: 'revoke', otherwise })
  const base = url ?? localUrl(local().port)
  const key = process.env.OPERATOR_KEY ?? fromFile().OPERATOR_KEY
  if (!key) throw new Error('OPERATOR_KEY is not set, in the environment or in .dev.vars')
  process.stdout.write(`${await revoke(base, question, key, fetch)}\n`)
}

function fromFile(): Record<string, string | undefined> {
  return existsSync('.dev.vars') ? parseEnv(readFileSync('.dev.vars', 'utf8')) : {}
}

try {
  await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`revoke: ${message}\n\nHow to use it: npm run -s revoke -- --help\n`)
  process.exitCode = 1
}
