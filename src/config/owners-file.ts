/** The owner's file as `npm run check` judges it: evaluated as a Worker would, with all its problems and warnings. */

import type { Problem } from '../options/schemas.ts'
import type { GatewayConfig } from './define.ts'
import { checkConfig } from './prepare.ts'
import { warnings } from './warnings.ts'
import { explainExport } from './whole.ts'

export interface Judgement {
  readonly problems: readonly Problem[]
  /** Empty while there are problems. */
  readonly warnings: readonly Problem[]
  /** Undefined while there are problems. */
  readonly config: GatewayConfig | undefined
}

const FILE = 'gateway.config.ts'

/** Judges the default export of the file. Never throws. */
export function judge(exported: unknown, env: Readonly<Record<string, unknown>>): Judgement {
  const wrong = explainExport(exported)
  if (wrong !== undefined) return refused(`${FILE}: ${wrong}`)
  let config: unknown
  try {
    config = (exported as (env: unknown) => unknown)(env)
  } catch (error) {
    return refused(`${FILE}: ${explainThrown(error)}`)
  }
  const problems = checkConfig(config)
  if (problems.length > 0) return { problems, warnings: [], config: undefined }
  const sound = config as GatewayConfig
  return { problems, warnings: warnings(sound, new Set(Object.values(env))), config: sound }
}

/** What was thrown while the file was loaded or evaluated, and in which line of it. */
export function explainThrown(error: unknown): string {
  if (!(error instanceof Error))
    return 'throws a value that is no error. Throw new Error(…) instead'
  const line = /gateway\.config\.ts:(\d+)/.exec(error.stack ?? '')?.[1]
  const where = line === undefined ? '' : ` in line ${line}`
  return `throws${where}: ${error.name}: ${error.message}. ${adviceOn(error)}`
}

function adviceOn({ name, message }: Error): string {
  const unknown = /^(\w+) is not defined$/.exec(message)?.[1]
  if (unknown !== undefined) {
    return `Import ${unknown} at the top of the file (a preset is in ./auth/presets/), or put it in quotes if it is text`
  }
  if (/^Cannot read properties of undefined/.test(message)) {
    return 'What stands before the dot is undefined: a variable, secret or binding that is not set. Set it, or read it only where it is there: env.NAME?.…'
  }
  if (name === 'SyntaxError') return 'Correct the spelling there; "npx tsc" says more'
  if (/Cannot find module/.test(message))
    return "Correct the path in the import: presets are in './auth/presets/'"
  return 'Correct it there; the function in defineGateway must only return the config'
}

function refused(problem: Problem): Judgement {
  return { problems: [problem], warnings: [], config: undefined }
}
