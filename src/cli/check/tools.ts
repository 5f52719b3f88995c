/** The other tools that a change has to please. Each runs whatever the others say. */

import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, resolve } from 'node:path'
import type { Finding } from './report.ts'

interface Tool {
  /** What was checked, in words. */
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** What to do where it fails; without, its own words are shown. */
  readonly advice?: { readonly sign: RegExp; readonly text: string }
}

/** Every tool that this folder is set up for, for the gateway as it is deployed to the environment. */
export function toolsFor(environment: string | undefined): readonly Tool[] {
  const env = environment === undefined ? [] : ['--env', environment]
  const workers = globSync('src/*/wrangler.toml').toSorted()
  const tools: readonly (Tool | false)[] = [
    hasScript('types') && {
      name: 'generated types',
      command: ['npm', 'run', '--silent', 'types', '--', '--check'],
      // wrangler names its own command, whose types are others.
      advice: {
        sign: /out of date|not (?:be )?found|not found/i,
        text: 'worker-configuration.d.ts is not that of wrangler.toml. Run: npm run types',
      },
    },
    existsSync('tsconfig.json') && { name: 'tsc', command: ['tsc'] },
    existsSync('biome.json') && {
      name: 'format and lint',
      command: ['biome', 'check', '--error-on-warnings'],
    },
    {
      name: 'a dry run of the deployment',
      // The empty name is the top of the file, also where environments are defined.
      command: ['wrangler', 'deploy', '--dry-run', ...(env.length > 0 ? env : ['--env='])],
    },
    ...workers.map(
      (file): Tool => ({
        name: `a dry run of ${file}`,
        command: ['wrangler', 'deploy', '--dry-run', '-c', file],
      }),
    ),
  ]
  return tools.filter((tool) => tool !== false)
}

/** Whether the package.json of this folder has this script. */
function hasScript(name: string): boolean {
  if (!existsSync('package.json')) return false
  const { scripts = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts?: object }
  return name in scripts
}

/** Runs all tools, as many at a time as there are processors; each finding comes when it is there. */
export async function runTools(
  tools: readonly Tool[],
  report: (finding: Finding) => void,
): Promise<void> {
  const waiting = [...tools]
  const work = async () => {
    for (let tool = waiting.shift(); tool; tool = waiting.shift()) report(await run(tool))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
}

function run({ name, command: [file, ...args], advice }: Tool): Promise<Finding> {
  const path = [resolve('node_modules/.bin'), process.env.PATH ?? ''].join(delimiter)
  const env = { ...process.env, PATH: path, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'warn' }
  return new Promise((done) => {
    execFile(file, args, { env, maxBuffer: 16_777_216 }, (error, out, err) => {
      const output = `${out}${err}`.trim()
      const isWarned = output.includes('[WARNING]')
      if (!error)
        return done({
          verdict: isWarned ? 'warning' : 'ok',
          text: isWarned ? `${name}:\n${output}` : name,
        })
      const text = advice?.sign.test(output) ? advice.text : `${name}:\n${output || error.message}`
      done({ verdict: 'problem', text })
    })
  })
}
