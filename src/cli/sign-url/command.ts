/** What `npm run sign-url` does with its arguments: finds the entry, and has it sign. */

import { parseArgs } from 'node:util'
import { DEFAULT_PLACE, LINK_RISK, type LinkOptions } from '../../auth/link/options.ts'
import { signLink } from '../../auth/link/sign.ts'
import type { SignedLinks } from '../../auth/link/signed-links.ts'
import type { GatewayConfig } from '../../config/define.ts'
import { explainSecret } from '../../options/secret.ts'

export const USAGE = `Usage: npm run -s sign-url -- <url> [options]

  --ttl <seconds>    how long the link is good; default: as long as the entry allows
  --prefix           for everything below the path of the URL
  --user <name>      who has the link
  --ip <address>     where the entry binds links to an address
  --cookie <value>   where the entry binds links to a cookie
  --scheme <name>    the entry of schemes, where several make links
  --key <NAME>       the variable that holds the key, in .dev.vars or the environment; "-" reads it from stdin.
                     Default: the first key of the entry. Never write a key itself here: your shell keeps it
  --env <name>       for an environment of wrangler.toml

Prints the link, or the token alone where the entry has it in a header.
`

const OPTIONS = {
  ttl: { type: 'string' },
  prefix: { type: 'boolean' },
  user: { type: 'string' },
  ip: { type: 'string' },
  cookie: { type: 'string' },
  scheme: { type: 'string' },
  key: { type: 'string' },
  env: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export type SignArguments = ReturnType<typeof readArguments>

/** Throws a TypeError for an option that is not known. */
export function readArguments(args: string[]) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: true })
}

/** The line to print. Throws a TypeError that says what to do. `readKey` gets the NAME of a key. */
export async function signUrl(
  { values, positionals }: SignArguments,
  schemes: GatewayConfig['schemes'],
  readKey: (name: string) => string | undefined,
  now: number,
): Promise<string> {
  const [url, ...others] = positionals
  if (url === undefined || others.length > 0) {
    throw new TypeError('Give one URL, in quotes where it has "&" or "?"')
  }
  if (values.ttl !== undefined && !/^[0-9]+$/.test(values.ttl)) {
    throw new TypeError('--ttl must be a whole number of seconds, for example --ttl 600')
  }
  const options = findEntry(schemes, values.scheme)
  const { prefix, user, ip, cookie } = values
  const signed = await signLink(url, options, {
    now,
    ttlSeconds: values.ttl === undefined ? undefined : Number(values.ttl),
    prefix,
    user,
    address: ip,
    cookie,
    secret: values.key === undefined ? undefined : findKey(values.key, readKey),
  })
  return 'header' in (options.from ?? DEFAULT_PLACE) ? signed.token : signed.url
}

function findEntry(schemes: GatewayConfig['schemes'], wanted: string | undefined): LinkOptions {
  const entries = Object.entries(schemes).flatMap(([name, entry]) =>
    'links' in entry ? [[name, (entry as SignedLinks).links] as const] : [],
  )
  const names = entries.map(([name]) => name).join(', ')
  const chosen = wanted === undefined ? entries : entries.filter(([name]) => name === wanted)
  const [[, options] = [], ...others] = chosen
  if (entries.length === 0) {
    throw new TypeError(
      'No entry of schemes in src/gateway.config.ts makes links. Add links: signedLinks({ keys: [env.LINK_KEY], ttlSeconds: 600 })',
    )
  }
  if (options === undefined) throw new TypeError(`--scheme must be one of ${names}`)
  if (others.length > 0) throw new TypeError(`Several entries make links. Add --scheme: ${names}`)
  return options
}

function findKey(name: string, readKey: (name: string) => string | undefined): string {
  const secret = readKey(name)
  // What was written may be the key itself, and is not repeated.
  if (!secret) {
    throw new TypeError(
      '--key must be the name of a variable that is set in .dev.vars or the environment, for example --key LINK_KEY. If you wrote the key itself, it is now in the history of your shell: take it out there, or make a new one',
    )
  }
  const wrong = explainSecret(secret, LINK_RISK)
  if (wrong !== undefined) throw new TypeError(`The key that --key names ${wrong}`)
  return secret
}
