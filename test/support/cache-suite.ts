// Runs the suite `http-cache-tests` against a base URL and prints its results as JSON. A process of its own for each
// run, since the suite keeps its state in its modules: `node cache-suite.ts http://127.0.0.1:8080`.

/** What came of each test: true, or the kind of failure and what failed. */
export type Results = Record<string, true | [kind: string, message: string]>

export interface SuiteTest {
  id: string
  name: string
  /** Absent for what RFC 9111 requires. */
  kind?: 'required' | 'optimal' | 'check'
  browser_only?: boolean
}

/** The suite has no types. */
const load = (path: string) => import(`http-cache-tests/${path}`)

/** Every test that is meant for a shared cache. */
export async function suiteTests(): Promise<SuiteTest[]> {
  const { default: suites } = (await load('tests/index.mjs')) as {
    default: { tests: SuiteTest[] }[]
  }
  return suites.flatMap(({ tests }) => tests).filter((test) => test.browser_only !== true)
}

const [base] = process.argv.slice(2)
if (import.meta.main && base !== undefined) {
  const { runTests, getResults } = await load('client/runner.mjs')
  const { default: suites } = await load('tests/index.mjs')
  const { default: nodeFetch } = await import('node-fetch' as string)
  await runTests(suites, nodeFetch, false, base, 120)
  console.log(JSON.stringify(getResults()))
}
