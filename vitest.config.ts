import { cloudflareTest } from '@cloudflare/vitest-pool-workers'
import { configDefaults, defineConfig } from 'vitest/config'

/** About the files that an owner edits, as they are shipped: for CI, and not a part of `npm test`. */
const SHIPPED_TESTS = ['test/shipped/**/*.test.ts']
// What needs Node around it: processes, raw sockets, a browser, files.
const NODE_TESTS = ['test/{e2e,local,issuer,state,conformance,cli,bench}/**/*.test.ts']

/** Minutes on two cores, of cases or of wrangler's commands: for CI, and not a part of `npm test`. */
const LONG_TESTS = [
  'test/cli/{against,api-key,explain-agrees}.test.ts',
  'test/e2e/revocation.test.ts',
]

/** With Debian's Chromium, where it is: for CI, and not a part of `npm test`. */
const BROWSER_TESTS = [
  'test/issuer/browser*.test.ts',
  'test/e2e/{browser-websocket,cors-browser,fusionauth-sdk,sessions}.test.ts',
]

export default defineConfig({
  test: {
    // No credential stands in any console.
    reporters: ['default', './test/support/log-reporter.ts'],
    // Most of the time goes to waiting for processes and sockets, so every core takes files.
    maxWorkers: '100%',
    projects: [
      {
        plugins: [
          cloudflareTest(async () => {
            // It loads wrangler, which the other project's tests need not wait for.
            const { besideState } = await import('./test/support/state-worker.ts')
            return {
              wrangler: { configPath: './test/product/wrangler.toml' },
              miniflare: await besideState(),
            }
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...NODE_TESTS, ...SHIPPED_TESTS],
        },
      },
      {
        test: {
          name: 'node',
          include: NODE_TESTS,
          exclude: [...configDefaults.exclude, ...LONG_TESTS, ...BROWSER_TESTS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: { name: 'long', include: LONG_TESTS, testTimeout: 600_000 },
      },
      {
        test: {
          name: 'browser',
          include: BROWSER_TESTS,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: { name: 'shipped', include: SHIPPED_TESTS, testTimeout: 180_000 },
      },
    ],
  },
})
