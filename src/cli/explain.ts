/** `npm run explain`: what the gateway of src/gateway.config.ts would do with a request, step by step, and why. */

import './check/quiet.ts'
import { readFileSync } from 'node:fs'
import type { GatewayConfig } from '../config/define.ts'
import type { Store } from '../lib/kv.ts'
import { checkExport, importFile, openEnvironment } from './check/file.ts'
import { readArguments, requestOf, USAGE } from './explain/arguments.ts'
import { explain } from './explain/explain.ts'
import { keysFor } from './explain/keys.ts'
import { explainLine, lineToText } from './explain/log-line.ts'
import { toText } from './explain/text.ts'
import { onTerminal } from './npm-options.ts'
import { runningGateways } from './running.ts'

async function main(): Promise<number> {
  onTerminal(USAGE)
  const args = readArguments(process.argv.slice(2))
  if (args.values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const exported = await importFile()
  if ('problem' in exported) throw new TypeError(exported.problem)
  const [running] = runningGateways('.').filter(isMeant)
  const opened = await openEnvironment(args.values.env, {
    storage: running?.storage,
    standIns: running?.standIns,
  })
  try {
    const keys: { fetch: (request: Request) => Promise<Response> } = { fetch }
    const env = reroute(opened.env, (request) => keys.fetch(request))
    const { config, findings } = checkExport(exported.define, { ...opened, env })
    if (!config) throw new TypeError(findings.map(({ text }) => text).join('\n'))
    return await run(args, config, opened.env.STORE as Store | undefined, keys)
  } finally {
    await opened.dispose()
  }
}

async function run(
  args: ReturnType<typeof readArguments>,
  config: GatewayConfig,
  store: Store | undefined,
  keys: { fetch: (request: Request) => Promise<Response> },
): Promise<number> {
  const { values } = args
  const now = () => args.now ?? Math.floor(Date.now() / 1_000)
  const around = {
    now,
    ...keysFor(config.schemes, {
      document: values.keys === undefined ? undefined : readFileSync(values.keys, 'utf8'),
      store,
      network: values.network ?? false,
      now,
      fetch,
    }),
  }
  keys.fetch = around.fetch
  if (values.log !== undefined) {
    const explained = await explainLine(
      values.log === '-' ? readStdin() : values.log,
      config,
      around,
    )
    process.stdout.write(values.json ? toJson(explained) : lineToText(explained))
    return 0
  }
  const token = values.token === '-' ? readStdin() : values.token
  const explanation = await explain(config, requestOf(args, config, token), around)
  process.stdout.write(values.json ? toJson(explanation) : toText(explanation))
  return explanation.verdict === 'undecided' ? 2 : 0
}

function isMeant({ port }: { port: number }): boolean {
  return !process.env.PORT || process.env.PORT === String(port)
}

/** A binding may lead to an issuer, and none leads anywhere from here. */
function reroute(
  env: Readonly<Record<string, unknown>>,
  ask: (request: Request) => Promise<Response>,
): Record<string, unknown> {
  const entries = Object.entries(env).map(([name, value]) => {
    const { fetch: own, get } = Object(value)
    if (typeof own !== 'function' || typeof get === 'function') return [name, value]
    const read = (of: object, key: string | symbol) =>
      key === 'fetch' ? ask : Reflect.get(of, key)
    return [name, new Proxy(value as object, { get: read })]
  })
  return Object.fromEntries(entries)
}

function readStdin(): string {
  return readFileSync(0, 'utf8').trim()
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

try {
  process.exitCode = await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`explain: ${message}\n\nHow to use it: npm run explain -- --help\n`)
  process.exitCode = 1
}
