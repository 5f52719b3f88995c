/** What somebody wants of `npm run api-key`, as far as it makes sense; whatever is wrong with it is said before anything is done. */

import { parseArgs } from 'node:util'
import { isKeyId, readKeyText } from '../../auth/key/key-text.ts'
import { explainDetails, type KeyDetails } from '../../auth/key/stored-key.ts'
import { dateOf } from './table.ts'
import type { WhereOptions } from './where.ts'

export const USAGE = `Usage: npm run api-key -- <command> [options]

  create --owner <name> [--scope <scope>]... [--role <role>]... [--expires <date>]
  list
  rotate <id> [--overlap <seconds>]   a new secret; the old one works so long, at first 86400 (a day). 0: it ends now
  revoke <id>

  --expires <date>      2027-01-31 or 2027-01-31T12:00:00Z; from then on the key is refused. Default: never
  --local               the keys of the gateway that "npm start" runs (this is the default)
  --remote              the keys of the deployed gateway
  --env <name>          for an environment of wrangler.toml
  --binding <name>      the KV namespace in wrangler.toml. Default: STORE
  --namespace-id <id>   the KV namespace, where wrangler.toml has no id of it
  --config <file>       in place of wrangler.toml
  --persist-to <folder> the storage of another local gateway
`

const OPTIONS = {
  owner: { type: 'string' },
  scope: { type: 'string', multiple: true },
  role: { type: 'string', multiple: true },
  expires: { type: 'string' },
  overlap: { type: 'string' },
  local: { type: 'boolean' },
  remote: { type: 'boolean' },
  env: { type: 'string' },
  binding: { type: 'string' },
  'namespace-id': { type: 'string' },
  config: { type: 'string' },
  'persist-to': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  create: ['owner', 'scope', 'role', 'expires'],
  list: [],
  rotate: ['overlap'],
  revoke: [],
}

const DEFAULT_OVERLAP_SECONDS = 86_400
const MAX_OVERLAP_SECONDS = 2_592_000
const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?$/
export class UsageError extends Error {}

type Wanted =
  | { readonly verb: 'create'; readonly details: KeyDetails }
  | { readonly verb: 'list' }
  | { readonly verb: 'rotate'; readonly id: string; readonly overlapSeconds: number }
  | { readonly verb: 'revoke'; readonly id: string }

export type Command = Wanted & { readonly where: WhereOptions }

type Options = ReturnType<typeof readOptions>['values']

function readOptions() {
  return parseArgs({ options: OPTIONS, allowPositionals: true })
}

/** Undefined where help is wanted. Throws a {@link UsageError}. `now` in Unix seconds. */
export function readCommand(now: number): Command | undefined {
  const { values, positionals } = readOptions()
  if (values.help) return undefined
  const [verb = '', subject, ...rest] = positionals
  refuseMisuse(verb, subject, rest, values)
  const where = {
    remote: values.remote ?? false,
    env: values.env,
    config: values.config ?? 'wrangler.toml',
    binding: values.binding ?? 'STORE',
    namespaceId: values['namespace-id'],
    persistTo: values['persist-to'],
    port: process.env.PORT,
  }
  if (verb === 'create') return { verb, details: detailsIn(values, now), where }
  if (verb === 'list') return { verb, where }
  const id = idIn(verb, subject)
  if (verb === 'revoke') return { verb, id, where }
  return { verb: 'rotate', id, overlapSeconds: overlapIn(values), where }
}

function refuseMisuse(
  command: string,
  subject: string | undefined,
  rest: readonly string[],
  values: Options,
): void {
  const own = OWN_OPTIONS[command]
  if (!own) {
    throw new UsageError(command === '' ? 'say what to do' : 'there is no such command')
  }
  const others = Object.values(OWN_OPTIONS).flat()
  const strange = Object.keys(values).find((name) => others.includes(name) && !own.includes(name))
  if (strange !== undefined) throw new UsageError(`--${strange} does not go with ${command}`)
  if (values.local && values.remote) throw new UsageError('--local or --remote, not both')
  const takesId = command === 'rotate' || command === 'revoke'
  if (rest.length > 0 || (!takesId && subject !== undefined)) {
    throw new UsageError(`${command} takes ${takesId ? 'one id' : 'options alone'}`)
  }
}

function idIn(verb: string, subject: string | undefined): string {
  if (subject === undefined) throw new UsageError(`${verb} needs the id of a key: see list`)
  const shown = readKeyText(subject)
  if (shown) {
    throw new UsageError(`write the id of the key alone, ${shown.id}: a whole key is a secret`)
  }
  if (isKeyId(subject)) return subject
  throw new UsageError('an id has 16 letters and digits: see list')
}

function detailsIn(values: Options, now: number): KeyDetails {
  const { owner, scope: scopes = [], role: roles = [], expires } = values
  if (owner === undefined) {
    throw new UsageError('create needs --owner: npm run api-key -- create --owner acme')
  }
  const details = {
    owner,
    scopes,
    roles,
    ...(expires !== undefined && { expires: expiryIn(expires, now) }),
  }
  const [wrong] = explainDetails(details)
  if (wrong !== undefined) throw new UsageError(wrong)
  return details
}

function expiryIn(text: string, now: number): number {
  const seconds = DATE.test(text) ? Date.parse(text) / 1_000 : Number.NaN
  // JavaScript takes the 31st of February for the 3rd of March.
  if (Number.isNaN(seconds) || !dateOf(seconds).startsWith(text.slice(0, 10))) {
    throw new UsageError('--expires must be a date like 2027-01-31')
  }
  if (seconds <= now) throw new UsageError('--expires must be in the future')
  return seconds
}

function overlapIn({ overlap }: Options): number {
  if (overlap === undefined) return DEFAULT_OVERLAP_SECONDS
  const seconds = /^\d{1,7}$/.test(overlap) ? Number(overlap) : Infinity
  if (seconds <= MAX_OVERLAP_SECONDS) return seconds
  throw new UsageError(`--overlap must be seconds, from 0 to ${MAX_OVERLAP_SECONDS} (30 days)`)
}
