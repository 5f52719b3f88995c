import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-pool-workers'
import { configDefaults, defineConfig } from 'vitest/config'

/** About the files that an owner edits, as they are shipped: for CI, and not a part of `npm test`. */
const SHIPPED_TESTS = ['test/shipped/**/*.test.ts']
// What needs Node around it: processes, raw sockets, a browser, files.
const NODE_TESTS = [
  'test/{e2e,local,issuer,state,conformance,cli,bench,docs,testing}/**/*.test.ts',
  'examples/!(starter)/*.test.ts',
]

/** Minutes on two cores, of cases or of wrangler's commands: for CI, and not a part of `npm test`. */
const LONG_TESTS = [
  'test/cli/import-documents.test.ts',
  'test/cli/{against,api-key,check,explain-agrees}.test.ts',
  'test/conformance/flood.test.ts',
  'test/docs/wrangler-commands.test.ts',
  'test/e2e/revocation.test.ts',
  'test/e2e/{faults,long-connections}.test.ts',
  'test/issuer/{account,totp,transfer,upstream}.test.ts',
  'test/local/{state,together}.test.ts',
]

/** The same, in workerd. */
const LONG_WORKERS_TESTS = ['test/fuzz/{*-long,mcp}.test.ts']

/** With Debian's Chromium, where it is: for CI, and not a part of `npm test`. */
const BROWSER_TESTS = [
  'test/issuer/browser*.test.ts',
  'test/e2e/{browser-websocket,cors-browser,fusionauth-sdk,mcp-browser,sessions,sessions-foreign}.test.ts',
]

const inWorkerd = () =>
  cloudflareTest(async () => {
    // It loads wrangler, which the other projects' tests need not wait for.
    const { besideState } = await import('./test/support/state-worker.ts')
    return {
      wrangler: { configPath: './test/product/wrangler.toml' },
      miniflare: await besideState(),
    }
  })

/** The package's own name leads to its sources here, so that the examples need no build. */
function ownPackage(): { find: RegExp; replacement: string }[] {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    name: string
    exports: Record<string, string>
  }
  return Object.entries(manifest.exports).map(([path, file]) => ({
    find: new RegExp(`^${manifest.name}${path.slice(1)}$`),
    replacement: resolve(file.replace('./dist/', './src/').replace(/\.js$/, '.ts')),
  }))
}

export default defineConfig({
  test: {
    // No credential stands in any console.
    reporters: ['default', './test/support/log-reporter.ts'],
    // Most of the time goes to waiting for processes and sockets, so every core takes files.
    maxWorkers: '100%',
    projects: [
      {
        plugins: [inWorkerd()],
        test: {
          name: 'workers',
          include: ['test/**/*.test.ts'],
          exclude: [
            ...configDefaults.exclude,
            ...NODE_TESTS,
            ...SHIPPED_TESTS,
            ...LONG_WORKERS_TESTS,
          ],
        },
      },
      {
        plugins: [inWorkerd()],
        test: { name: 'long-workers', include: LONG_WORKERS_TESTS },
      },
      {
        resolve: { alias: ownPackage() },
        test: {
          name: 'node',
          include: NODE_TESTS,
          exclude: [...configDefaults.exclude, ...LONG_TESTS, ...BROWSER_TESTS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: { name: 'long', include: LONG_TESTS, testTimeout: 600_000, hookTimeout: 60_000 },
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
