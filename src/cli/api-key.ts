/**
 * Makes, lists, rotates and revokes API keys, on this machine or of a deployed gateway: `npm run api-key -- create
 * --owner acme`. A key is printed once, alone on stdout; what is kept of it is a hash.
 */

import { issueKey, rotateKey } from '../auth/key/issue.ts'
import {
  KEY_PREFIX,
  nameOfKey,
  readStoredKey,
  type StoredKey,
  writeStoredKey,
} from '../auth/key/stored-key.ts'
import { type Command, readCommand, USAGE, UsageError } from './api-key/command.ts'
import { dateOf, tableOf } from './api-key/table.ts'
import { whereKeysAre } from './api-key/where.ts'
import { type WranglerKv, wranglerKv } from './api-key/wrangler-kv.ts'
import { onTerminal } from './npm-options.ts'

async function main(): Promise<void> {
  onTerminal(USAGE)
  const now = Math.floor(Date.now() / 1_000)
  const command = readCommand(now)
  if (!command) return void process.stdout.write(USAGE)
  const where = whereKeysAre(command.where)
  const kv = wranglerKv(where.flags)
  say(await run(command, kv, where.words, now))
  if (command.verb !== 'list' && command.where.remote) {
    say(['Every place of the network hears of it within about two minutes: docs/api-keys.md.'])
  }
}

/** What there is to say about what was done. */
async function run(
  command: Command,
  kv: WranglerKv,
  words: string,
  now: number,
): Promise<string[]> {
  if (command.verb === 'list') {
    const values = await kv.read(await kv.list(KEY_PREFIX))
    if (values.size > 0) process.stdout.write(`${tableOf(values, now)}\n`)
    return [`${values.size} ${values.size === 1 ? 'key is' : 'keys are'} in ${words}.`]
  }
  if (command.verb === 'create') {
    const { text, stored } = await issueKey(command.details, now)
    await kv.put(await nameOfKey(stored.id), writeStoredKey(stored))
    show(text)
    return [`Key ${stored.id} of ${stored.owner} is in ${words}.`, ONCE]
  }
  const key = await find(kv, command.id, words)
  const name = await nameOfKey(key.id)
  if (command.verb === 'revoke') {
    await kv.remove(name)
    return [`Key ${key.id} of ${key.owner} is no longer in ${words}.`]
  }
  if (key.expires !== undefined && key.expires <= now) {
    throw new Error(`the key expired at ${dateOf(key.expires)}, and stays so. Make another one`)
  }
  const { text, stored } = await rotateKey(key, command.overlapSeconds, now)
  await kv.put(name, writeStoredKey(stored))
  show(text)
  const until = stored.previous ? `at ${dateOf(stored.previous.until)}` : 'now'
  return [`Key ${key.id} of ${key.owner} has a new secret; the old one ends ${until}.`, ONCE]
}

const ONCE = 'This is the only time that the key is shown.'

async function find(kv: WranglerKv, id: string, words: string): Promise<StoredKey> {
  const name = await nameOfKey(id)
  const value = (await kv.read([name])).get(name)
  if (value === undefined) throw new Error(`there is no key ${id} in ${words}`)
  const key = readStoredKey(value, id)
  if (key) return key
  throw new Error(
    `what is kept as key ${id} is no key of this version, and is refused. To take it out: npx wrangler kv key delete ${name}, with --binding and --remote as here`,
  )
}

/** Alone on stdout, so that it can be caught in a variable. */
function show(key: string): void {
  process.stdout.write(`${key}\n`)
}

/** For people. */
function say(lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`)
}

try {
  await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  const isUsage =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE')
  process.stderr.write(`api-key: ${message}\n${isUsage ? `\n${USAGE}` : ''}`)
  process.exitCode = 1
}
