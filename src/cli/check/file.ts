/** Checks src/gateway.config.ts with the variables and bindings of local development, as a Worker would see them. */

import { existsSync } from 'node:fs'
import { getPlatformProxy } from 'wrangler'
import type { GatewayConfig } from '../../config/define.ts'
import { explainThrown, judge } from '../../config/owners-file.ts'
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
  const isSet = ['.dev.vars', `.dev.vars.${environment}`].some((name) => existsSync(name))
  const { env, dispose } = await getPlatformProxy<Record<string, unknown>>({
    configPath: 'wrangler.toml',
    persist: false,
    ...(environment !== undefined && { environment }),
    ...(!isSet && { envFiles: [] }),
  })
  try {
    const values = isSet ? env : { ...LOCAL, ...env }
    const { problems, warnings, config } = judge(await load(), values)
    const note = isSet ? '' : ', checked with values of local development: there is no .dev.vars'
    return {
      config,
      findings: [
        ...problems.map((text): Finding => ({ verdict: 'problem', text })),
        ...warnings.map((text): Finding => ({ verdict: 'warning', text })),
        ...(config
          ? [
              {
                verdict: 'ok' as const,
                text: `gateway.config.ts is sound: ${count(config.routes.length, 'route')}${note}`,
              },
            ]
          : []),
      ],
    }
  } catch (error) {
    const text = `gateway.config.ts: ${explainThrown(error)}`
    return { config: undefined, findings: [{ verdict: 'problem', text }] }
  } finally {
    await dispose()
  }
}

async function load(): Promise<unknown> {
  const module: { readonly default?: unknown } = await import('../../gateway.config.ts')
  return module.default
}
