/**
 * `npm run check`: the owner's file first, then wrangler.toml and every other tool, whatever the one before has
 * found. Exit code 1 where there is a problem.
 */

import { parseArgs } from 'node:util'
import './check/quiet.ts'
import { readFileSync } from 'node:fs'
import { against, comparisonToText } from './check/against/against.ts'
import { readOther } from './check/against/other-file.ts'
import { checkFile, FILE, openEnvironment } from './check/file.ts'
import { askIssuers } from './check/issuers.ts'
import { count, type Finding, print } from './check/report.ts'
import { routeRowsOf, routeTable } from './check/routes.ts'
import { runTools, toolsFor } from './check/tools.ts'
import { checkWranglerFile, unknownEnvironment } from './check/wrangler-file.ts'
import { onTerminal } from './npm-options.ts'

const USAGE = `Usage: npm run check -- [options]

  --env <name>      for an environment of wrangler.toml, with .dev.vars.<name> where it is there
  --quick           gateway.config.ts and wrangler.toml alone
  --against <ref>   prints which requests are judged otherwise than by the file of that commit or branch of git, or by
                    another file; nothing else is checked
  --json            prints one JSON object
  --live            asks the issuers too: is there discovery, is the issuer equal to the letter, are there keys
  --token <token>   with --live: would this access token be taken?
`

async function main(): Promise<void> {
  onTerminal(USAGE)
  const { values } = parseArgs({
    options: {
      env: { type: 'string' },
      quick: { type: 'boolean' },
      against: { type: 'string' },
      json: { type: 'boolean' },
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
    if (!values.json) print(finding)
  }
  const unknown = unknownEnvironment('wrangler.toml', values.env)
  if (unknown !== undefined) throw new TypeError(unknown)
  if (values.against !== undefined) return compareWith(values.against, values.env, values.json)
  const { findings, config } = await checkFile(values.env)
  for (const finding of findings) report(finding)
  const routes = config ? routeRowsOf(config) : []
  if (config && !values.json) process.stdout.write(`\n${routeTable(routes).join('\n')}\n\n`)
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
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ problems, warnings, findings: found, routes }, null, 2)}\n`,
    )
  } else {
    process.stdout.write(`\n${count(problems, 'problem')}, ${count(warnings, 'warning')}\n`)
  }
  process.exitCode = problems === 0 ? 0 : 1
}

async function compareWith(
  reference: string,
  environment: string | undefined,
  isJson = false,
): Promise<void> {
  const before = await readOther(reference)
  const after = readFileSync(FILE, 'utf8')
  const opened = await openEnvironment(environment)
  try {
    const comparison = await against(before, after, opened)
    const lines = isJson ? [JSON.stringify(comparison, null, 2)] : comparisonToText(comparison)
    process.stdout.write(`${lines.join('\n')}\n`)
  } finally {
    await opened.dispose()
  }
}

try {
  await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`check: ${message}\n\n${USAGE}`)
  process.exitCode = 1
}
