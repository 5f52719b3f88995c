// How properties are run: a fixed number of cases with a fixed seed, so that a test run means the same
// everywhere; VITE_FUZZ_RUNS=100000 asks for more cases, and then for other ones every time.

import fc from 'fast-check'
import { vi } from 'vitest'

// Properties take as long as they are asked to.
vi.setConfig({ testTimeout: 3_600_000 })

/** What Vite hands into the tests of its environment. */
const { env: environment } = import.meta as unknown as { env: Record<string, string | undefined> }

const SEED = 20_260_101

/** Longer than the gateway waits for an issuer. */
const DEADLINES_MS = 5_500

/**
 * Checks a property; `runs` unless VITE_FUZZ_RUNS says otherwise. Where each run leaves deadlines behind,
 * `batch` of them are run at a time: workerd has ten thousand timers for a test, as for a request.
 */
export async function check<Values>(
  runs: number,
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
  { batch = Number.POSITIVE_INFINITY } = {},
): Promise<void> {
  const asked = Number(environment.VITE_FUZZ_RUNS ?? 0)
  for (let left = asked > 0 ? asked : runs; left > 0; left -= batch) {
    const numRuns = Math.min(left, batch)
    const details = await fc.check(property, asked > 0 ? { numRuns } : { numRuns, seed: SEED })
    if (details.failed) {
      const report = fc.defaultReportMessage(details as never) ?? ''
      throw new Error(readable(`${report}\n${String(details.errorInstance)}`))
    }
    if (left > batch) await new Promise((resolve) => setTimeout(resolve, DEADLINES_MS))
  }
}

/** What was found may be no text, and a report has to be. */
function readable(report: string): string {
  return report.replace(
    /[^\n -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
