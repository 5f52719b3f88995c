/** `npm run -s assertion-key`: prints a private key for `assertion({ keys: [env.ASSERTION_KEY] })`, as one line. */

import { parseArgs } from 'node:util'
import { makeKey } from './assertion-key/make.ts'

const USAGE = `npm run -s assertion-key -- [--alg ES256|EdDSA]

Prints a new private key, as a JSON Web Key in one line. Nothing is stored. To set it as a secret:
  npm run -s assertion-key | npx wrangler secret put ASSERTION_KEY
`

try {
  const { values } = parseArgs({
    options: { alg: { type: 'string', default: 'ES256' }, help: { type: 'boolean' } },
  })
  process.stdout.write(values.help ? USAGE : `${await makeKey(values.alg)}\n`)
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`assertion-key: ${message}\n\n${USAGE}`)
  process.exitCode = 1
}
