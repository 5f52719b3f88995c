// An owner edits all four files, in every way that used to break the tests, and runs those that read most of a
// checkout's settings.

import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CheckoutCopy, copyCheckout } from '../support/checkout-copy.ts'

/** Bundles, the Workers runtime with its bindings, raw workerd with the deployed settings, and the README. */
const TESTS = [
  'test/options/state.test.ts',
  'test/router.test.ts',
  'test/state/apart.test.ts',
  'test/local/bundle.test.ts',
  'test/e2e/harness/workerd.test.ts',
  'test/e2e/readme.test.ts',
]

let copy: CheckoutCopy
beforeAll(async () => {
  copy = await copyCheckout()
})
afterAll(() => copy.remove())

describe('npm test', () => {
  it('passes whatever an owner has written', { timeout: 300_000 }, async () => {
    // A date in other quotes, another flag, routes, a binding that exists nowhere.
    await copy.write(
      'wrangler.toml',
      `name = 'acme'\nmain = 'src/index.ts'\ncompatibility_date = '2026-10-01'\n` +
        `routes = [{ pattern = 'api.acme.example', custom_domain = true }]\nworkers_dev = false\n` +
        `[[services]]\nbinding = 'ORDERS'\nservice = 'orders'\n`,
    )
    // CLIENT_ID is gone, and STORE with it.
    await copy.write('.dev.vars.example', 'ISSUER=\nGREETING=\n')
    await copy.write(
      'worker-configuration.d.ts',
      'interface Env {\n  ISSUER: string\n  GREETING: string\n  ORDERS: Fetcher\n}\n',
    )
    await copy.write(
      'src/gateway.config.ts',
      `import { auth0 } from './auth/presets/auth0.ts'
import { defineGateway, type GatewayConfig } from './config/define.ts'

export default defineGateway((env: Env): GatewayConfig => ({
  hosts: ['api.acme.example'],
  schemes: { acme: auth0({ domain: 'acme.eu.auth0.com', audience: env.GREETING }) },
  routes: [{ path: '/orders/:id', to: env.ORDERS, scopes: ['orders:read'] }],
}))
`,
    )
    const { code, out } = await npmTest(TESTS)
    expect(code, out).toBe(0)
    expect(out).toMatch(new RegExp(`Test Files +${TESTS.length} passed`))
  })
})

function npmTest(files: string[]): Promise<{ code: unknown; out: string }> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, VITEST: undefined }
  return new Promise((resolve) => {
    execFile('npm', ['test', '--', ...files], { cwd: copy.folder, env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out: out + err }),
    )
  })
}
