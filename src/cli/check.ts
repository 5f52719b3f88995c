/**
 * `npm run check`: the owner's file first, then wrangler.toml and every other tool, whatever the one before has
 * found. Exit code 1 where there is a problem.
 */

import { parseArgs } from 'node:util'
import './check/quiet.ts'
import { checkFile } from './check/file.ts'
import { askIssuers } from './check/issuers.ts'
import { count, type Finding, print } from './check/report.ts'
import { runTools, toolsFor } from './check/tools.ts'
import { checkWranglerFile, unknownEnvironment } from './check/wrangler-file.ts'

const USAGE = `Usage: npm run check -- [options]

  --env <name>      for an environment of wrangler.toml, with .dev.vars.<name> where it is there
  --quick           gateway.config.ts and wrangler.toml alone
  --live            asks the issuers too: is there discovery, is the issuer equal to the letter, are there keys
  --token <token>   with --live: would this access token be taken?
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      env: { type: 'string' },
      quick: { type: 'boolean' },
      live: { type: 'boolean' },
      token: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  if (values.token !== undefined && !values.live) throw new TypeError('--token goes with --live')
  const found: Finding[] = []
  const report = (finding: Finding) => {
    found.push(finding)
    print(finding)
  }
  const unknown = unknownEnvironment('wrangler.toml', values.env)
  if (unknown !== undefined) throw new TypeError(unknown)
  const { findings, config } = await checkFile(values.env)
  for (const finding of findings) report(finding)
  for (const finding of checkWranglerFile('wrangler.toml', values.env)) report(finding)
  if (values.live && config) {
    const now = () => Math.floor(Date.now() / 1_000)
    for (const finding of await askIssuers(config, { token: values.token, fetch, now })) {
      report(finding)
    }
  }
  if (!values.quick) await runTools(toolsFor(values.env), report)
  const problems = found.filter(({ verdict }) => verdict === 'problem').length
  const warnings = found.filter(({ verdict }) => verdict === 'warning').length
  process.stdout.write(`\n${count(problems, 'problem')}, ${count(warnings, 'warning')}\n`)
  process.exitCode = problems === 0 ? 0 : 1
}

try {
  await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`check: ${message}\n\n${USAGE}`)
  process.exitCode = 1
}
