/** Checks src/gateway.config.ts with the variables and bindings of local development, as a Worker would see them. */

import { existsSync } from 'node:fs'
import { getPlatformProxy } from 'wrangler'
import type { GatewayConfig } from '../../config/define.ts'
import { explainThrown, judge } from '../../config/owners-file.ts'
import { explainExport } from '../../config/whole.ts'
import { count, type Finding } from './report.ts'

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

/** Reads .dev.vars (with an environment: .dev.vars.NAME, where it is there) and wrangler.toml of this folder. */
export async function checkFile(environment: string | undefined): Promise<FileCheck> {
  let exported: unknown
  try {
    const module: { readonly default?: unknown } = await import('../../gateway.config.ts')
    exported = module.default
  } catch (error) {
    return refused([`gateway.config.ts: ${explainThrown(error)}`])
  }
  const wrong = explainExport(exported)
  if (wrong !== undefined) return refused([`gateway.config.ts: ${wrong}`])
  const isSet = ['.dev.vars', `.dev.vars.${environment}`].some((name) => existsSync(name))
  const { env, dispose } = await getPlatformProxy<Record<string, unknown>>({
    configPath: 'wrangler.toml',
    persist: false,
    ...(environment !== undefined && { environment }),
    ...(!isSet && { envFiles: [] }),
  })
  try {
    const { problems, warnings, config } = judge(exported, isSet ? env : { ...LOCAL, ...env })
    if (!config) return refused(problems)
    const note = isSet ? '' : ', checked with values of local development: there is no .dev.vars'
    const text = `gateway.config.ts is sound: ${count(config.routes.length, 'route')}${note}`
    const warned = warnings.map((warning): Finding => ({ verdict: 'warning', text: warning }))
    return { config, findings: [...warned, { verdict: 'ok', text }] }
  } finally {
    await dispose()
  }
}

function refused(problems: readonly string[]): FileCheck {
  return { config: undefined, findings: problems.map((text) => ({ verdict: 'problem', text })) }
}
