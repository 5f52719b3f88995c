/** Checks src/gateway.config.ts with the variables and bindings of local development, as a Worker would see them. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { getPlatformProxy } from 'wrangler'
import type { GatewayConfig } from '../../config/define.ts'
import { explainThrown, judge } from '../../config/owners-file.ts'
import { explainExport } from '../../config/whole.ts'
import { count, type Finding } from './report.ts'
import { workersStandingIn } from './stand-ins.ts'

/** The owner's file, in this folder. */
export const FILE = 'src/gateway.config.ts'

/** What `npm start` stands in for where nothing is set. */
const LOCAL = {
  ISSUER: 'http://localhost:8787',
  CLIENT_ID: 'local',
  ORIGIN: 'http://localhost:8787',
}

export interface FileCheck {
  readonly findings: readonly Finding[]
  /** Undefined while there are problems. */
  readonly config: GatewayConfig | undefined
}

/** The variables and bindings of local development. */
export interface Environment {
  readonly env: Readonly<Record<string, unknown>>
  /** Whether there is a .dev.vars; without, what `npm start` fills in stands in. */
  readonly isSet: boolean
  /** Ends the bindings. */
  dispose(): Promise<void>
}

export interface EnvironmentOptions {
  /** The folder with the storage of a gateway that runs here. Default: storage that is empty. */
  readonly storage?: string | undefined
  /** What that gateway has in place of variables that are not set. */
  readonly standIns?: Readonly<Record<string, string>> | undefined
}

/** Reads .dev.vars (with an environment: .dev.vars.NAME, where it is there) and wrangler.toml of this folder. */
export async function checkFile(environment: string | undefined): Promise<FileCheck> {
  const exported = await importFile()
  if ('problem' in exported) return refused([exported.problem])
  const opened = await openEnvironment(environment)
  try {
    return checkExport(exported.define, opened)
  } finally {
    await opened.dispose()
  }
}

/** The default export of the file, or why there is none to use. `file` is its URL. */
export async function importFile(
  file = pathToFileURL(resolve(FILE)).href,
): Promise<{ define: unknown } | { problem: string }> {
  try {
    const module: { readonly default?: unknown } = await import(file)
    const wrong = explainExport(module.default)
    return wrong === undefined
      ? { define: module.default }
      : { problem: `gateway.config.ts: ${wrong}` }
  } catch (error) {
    return { problem: `gateway.config.ts: ${explainThrown(error)}` }
  }
}

export async function openEnvironment(
  environment: string | undefined,
  { storage, standIns = LOCAL }: EnvironmentOptions = {},
): Promise<Environment> {
  const isSet = ['.dev.vars', `.dev.vars.${environment}`].some((name) => existsSync(name))
  const { env, dispose } = await getPlatformProxy<Record<string, unknown>>({
    configPath: 'wrangler.toml',
    // wrangler puts the version of its format below the folder that it is given.
    persist: storage === undefined ? false : { path: join(storage, 'v3') },
    ...(environment !== undefined && { environment }),
    ...(!isSet && { envFiles: [] }),
  })
  const given = { ...env, ...workersStandingIn(environment) }
  const set = Object.entries(given).filter(([name, value]) => value !== '' || !(name in standIns))
  const isLocal = !isSet || standIns !== LOCAL
  return { env: isLocal ? { ...standIns, ...Object.fromEntries(set) } : given, isSet, dispose }
}

export function checkExport(define: unknown, { env, isSet }: Environment): FileCheck {
  const { problems, warnings, config } = judge(define, env)
  if (!config) return refused(problems)
  const note = isSet ? '' : ', checked with values of local development: there is no .dev.vars'
  const text = `gateway.config.ts is sound: ${count(config.routes.length, 'route')}${note}`
  const warned = warnings.map((warning): Finding => ({ verdict: 'warning', text: warning }))
  return { config, findings: [...warned, { verdict: 'ok', text }] }
}

function refused(problems: readonly string[]): FileCheck {
  return { config: undefined, findings: problems.map((text) => ({ verdict: 'problem', text })) }
}
