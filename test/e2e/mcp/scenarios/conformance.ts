/**
 * Runs the MCP project's own conformance suite, command `server`, against one server directly and through the
 * gateway: `node test/e2e/mcp/scenarios/conformance.ts`. Every check has to come out the same, on a route without rules
 * by tool and on one with rules that allow everything. It is fetched by npx, so this is no part of `npm test`, and
 * skipped where npm does not give it. Exits with 1 where a check differs.
 */

import { type Front, makeCertificate, startFront } from './front.ts'
import { startScenarioServer } from './server.ts'
import { type Check, runSuite, whyNoSuite } from './suite.ts'

const REVISIONS = ['2026-07-28', '2025-11-25']

const missing = whyNoSuite()
if (missing !== undefined) {
  console.log(`skipped: ${missing}`)
} else {
  const problems = [...(await compare()), ...(await rebinding())]
  for (const problem of problems) console.log(`failed: ${problem}`)
  process.exitCode = problems.length > 0 ? 1 : 0
}

async function compare(): Promise<string[]> {
  const problems: string[] = []
  const server = await startScenarioServer()
  const front = await startFront(server.url)
  try {
    for (const revision of REVISIONS) {
      const args = ['--requirements', revision]
      const direct = await runSuite(`${server.url}/mcp`, args)
      console.log(`${revision} direct: ${totals(direct)}`)
      for (const path of ['/plain', '/tools']) {
        const through = await runSuite(front.origin + path, args)
        console.log(`${revision} through ${path}: ${totals(through)}`)
        const differing = await stillDiffering(direct, through, (scenario) =>
          runSuite(front.origin + path, ['--scenario', scenario, '--spec-version', revision]),
        )
        problems.push(...differing.map((what) => `${revision} ${path}: ${what}`))
      }
    }
    problems.push(...(await headers(front)))
  } finally {
    await front.stop()
    await server.stop()
  }
  return problems
}

/** Some checks wait for half a second alone, so that a scenario that differs is asked about once more. */
async function stillDiffering(
  direct: readonly Check[],
  through: readonly Check[],
  again: (scenario: string) => Promise<readonly Check[]>,
): Promise<string[]> {
  const problems: string[] = []
  for (const scenario of new Set([...direct, ...through].map((check) => check.scenario))) {
    const expected = linesOf(direct, scenario)
    if (linesOf(through, scenario) === expected) continue
    const second = linesOf(await again(scenario), scenario)
    if (second !== expected)
      problems.push(`${scenario}\n  direct\n${expected}\n  through\n${second}`)
  }
  return problems
}

function linesOf(checks: readonly Check[], scenario: string): string {
  return checks
    .filter((check) => check.scenario === scenario)
    .map(
      ({ id, status, errorMessage = '' }) =>
        `${id} ${status} ${status === 'FAILURE' ? errorMessage : ''}`,
    )
    .join('\n')
}

/** The header checks (SEP-2243) pass, and it is the gateway that refuses. */
async function headers(front: Front): Promise<string[]> {
  const before = front.events().length
  const checks = await runSuite(`${front.origin}/tools`, [
    ...['--scenario', 'http-header-validation', '--spec-version', '2026-07-28'],
  ])
  const refused = front
    .events()
    .slice(before)
    .filter(({ reason }) => /Mcp-(?:Method|Name)/.test(String(reason)))
  console.log(`headers: ${totals(checks)}, ${refused.length} refused by the gateway`)
  return checks.some(isFailure) || refused.length === 0 ? ['the header checks'] : []
}

/**
 * Over https, and to a server that does not look at Origin itself: a page elsewhere is kept out by the rule of the route
 * with rules by tool, and by nothing else, since the route without lets it in.
 */
async function rebinding(): Promise<string[]> {
  const certificate = await makeCertificate()
  if (!certificate) {
    console.log('skipped: rebinding over https (no openssl to make a certificate)')
    return []
  }
  const server = await startScenarioServer({ isGuarded: false })
  const front = await startFront(server.url, certificate)
  const problems: string[] = []
  try {
    for (const revision of REVISIONS) {
      const args = ['--scenario', 'dns-rebinding-protection', '--spec-version', revision]
      const before = front.events().length
      const guarded = await runSuite(`${front.origin}/tools`, args)
      const isOurs = front
        .events()
        .slice(before)
        .some(({ code }) => code === 'csrf')
      const open = await runSuite(`${front.origin}/plain`, args)
      console.log(`${revision} rebinding: ${totals(guarded)}; without tools(): ${totals(open)}`)
      if (guarded.some(isFailure) || !isOurs) problems.push(`${revision} rebinding`)
      if (!open.some(isFailure)) problems.push(`${revision} rebinding is refused by something else`)
    }
  } finally {
    await front.stop()
    await server.stop()
  }
  return problems
}

function isFailure({ status }: Check): boolean {
  return status === 'FAILURE'
}

function totals(checks: readonly Check[]): string {
  const failed = checks.filter(isFailure).length
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length
  return `${passed} passed, ${failed} failed, ${checks.length - passed - failed} others`
}
