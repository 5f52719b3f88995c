// A block of a page, evaluated as if it stood in src/gateway.config.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkConfig } from '../../src/config/prepare.ts'
import { ASSERTION_KEY } from '../support/assertion-keys.ts'

const VARIABLES: Readonly<Record<string, string>> = {
  ISSUER: 'https://issuer.example',
  FUSIONAUTH_URL: 'https://auth.acme.example',
  CLIENT_ID: 'my-api',
  CLIENT_SECRET: 's',
  OPERATOR_KEY: 'Hq5tYp2Zr8Lw3Xn7Vc1Kb9Md4Fs6Jg0T',
  ASSERTION_KEY,
  SESSION_KEY: 'kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA',
  LOG_KEY: 'vN3xQ8rT1mB6wK4zL9cH2dF7gJ5sP0yA',
  LINK_KEY: 'A7fPq2Zs9vXk4LmN8bRt6WcY3hJd5GeQ',
}

/** Whatever else an owner may have bound. */
const BINDING = {
  fetch: () => Promise.resolve(new Response()),
  get: () => Promise.resolve(null),
  put: () => Promise.resolve(),
  writeDataPoint: () => {},
}

/** Every problem of the config that a block makes. */
export async function problemsOf(block: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-page-'))
  try {
    const file = join(folder, 'gateway.config.ts')
    writeFileSync(file, block.replaceAll(/from '\.\//g, `from '${pathToFileURL('src/').href}`))
    const { default: define } = (await import(pathToFileURL(file).href)) as {
      default: (env: Record<string, unknown>) => unknown
    }
    const get = (known: Record<string, unknown>, name: string | symbol): unknown =>
      Reflect.get(known, name) ?? BINDING
    return checkConfig(define(new Proxy({ ...VARIABLES }, { get })))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
