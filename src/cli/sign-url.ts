/** `npm run sign-url`: prints a link that the gateway of src/gateway.config.ts takes. */

import './check/quiet.ts'
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { checkFile } from './check/file.ts'
import { onTerminal } from './npm-options.ts'
import { readArguments, signUrl, USAGE } from './sign-url/command.ts'

async function main(): Promise<void> {
  onTerminal(USAGE)
  const args = readArguments(process.argv.slice(2))
  const { env, help } = args.values
  if (help) return void process.stdout.write(USAGE)
  const { config, findings } = await checkFile(env)
  if (!config) throw new TypeError(findings.map(({ text }) => text).join('\n'))
  const now = Math.floor(Date.now() / 1_000)
  const readKey = (name: string) => readSecret(name, env)
  process.stdout.write(`${await signUrl(args, config.schemes, readKey, now)}\n`)
}

/** Of the environment first: what is set there is meant for this call. */
function readSecret(name: string, environment: string | undefined): string | undefined {
  if (name === '-') return readFileSync(0, 'utf8').trim()
  const files = [`.dev.vars.${environment}`, '.dev.vars'].filter((file) => existsSync(file))
  const [variables = {}] = files.map((file) => parseEnv(readFileSync(file, 'utf8')))
  return process.env[name] ?? variables[name]
}

try {
  await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`sign-url: ${message}\n\nHow to use it: npm run -s sign-url -- --help\n`)
  process.exitCode = 1
}
