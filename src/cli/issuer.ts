/**
 * Administers an authorization server, local or deployed: `npm run issuer -- user add ada@example.com`.
 * Sends one command to its administration endpoint and prints the answer. ISSUER names the server,
 * ADMIN_KEY opens it; a secret that the server makes is printed once and kept nowhere.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { AdminCommand } from '../issuer/admin.ts'
import { type Export, openExport, sealExport } from './issuer-transfer.ts'

const USAGE = `Usage: npm run issuer -- <command> [options]

  user add <login> [--name <name>] [--email <address>] [--role <role>]... [--password-stdin]
  user invite <login> [--name <name>] [--email <address>] [--role <role>]...   answers a link to set a password
  user list
  user update <login> [--new-login <login>] [--name <name>] [--email <address>] [--role <role>]...
  user disable <login>             ends the person's sessions and refresh tokens
  user enable <login>
  user unlock <login>              forgets wrong passwords, so that nobody has to wait
  user reset <login> [--password-stdin]   new password; ends sessions, removes passkeys
  user remove <login>
  client add [<id>] --kind service|web|public|device [--first-party] [--name <name>] [--scope "<a b>"] [--role <role>]...
             [--redirect-uri <uri>]... [--post-logout-redirect-uri <uri>]... [--backchannel-logout-uri <uri>]
  client update <id>               the same options as client add, without --kind
  client list
  client rotate-secret <id>
  client remove <id>
  keys list
  keys rotate [--immediately]      --immediately is for a key that leaked: old tokens fail at once

  audit [<login>]                  what happened to the server, or to a person

  export <file>                    clients and people, with hashes, encrypted
  import <file>                    into a server that has none of them
                                   the variable EXPORT_PASSPHRASE encrypts the file

  --url <url>   the server; default: the variable ISSUER, else http://localhost:8787
  The variable ADMIN_KEY holds the server's ADMIN_KEY.
`

const OPTIONS = {
  url: { type: 'string' },
  name: { type: 'string' },
  email: { type: 'string' },
  'new-login': { type: 'string' },
  role: { type: 'string', multiple: true },
  'password-stdin': { type: 'boolean' },
  kind: { type: 'string' },
  scope: { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  'backchannel-logout-uri': { type: 'string' },
  'first-party': { type: 'boolean' },
  immediately: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

class UsageError extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true })
  const [noun, verb, subject, ...rest] = positionals
  if (values.help) return void process.stdout.write(USAGE)
  const server = values.url ?? process.env.ISSUER ?? 'http://localhost:8787'
  if (!noun || (!verb && noun !== 'audit') || rest.length > 0) {
    throw new UsageError('one command, please')
  }
  const key = process.env.ADMIN_KEY
  if (!key) throw new UsageError('set the variable ADMIN_KEY')
  if (verb && (noun === 'export' || noun === 'import')) return transfer(noun, verb, server, key)
  const password = values['password-stdin'] ? await readPassword() : undefined
  const isUser = noun === 'user'
  // What the server does not know or misses, it says itself.
  const command = {
    command: noun === 'audit' ? noun : `${noun} ${verb}`,
    ...(noun === 'audit' && verb !== undefined && { login: verb }),
    ...(subject !== undefined && { [isUser ? 'login' : 'id']: subject }),
    ...(password !== undefined && { password }),
    ...(values['new-login'] !== undefined && { newLogin: values['new-login'] }),
    ...(values.name !== undefined && { name: values.name }),
    ...(values.email !== undefined && { email: values.email }),
    ...(values.role && { roles: values.role }),
    ...(values.kind !== undefined && { kind: values.kind }),
    ...(values.scope !== undefined && { scope: values.scope }),
    ...(values['redirect-uri'] && { redirectUris: values['redirect-uri'] }),
    ...(values['post-logout-redirect-uri'] && {
      postLogoutRedirectUris: values['post-logout-redirect-uri'],
    }),
    ...(values['backchannel-logout-uri'] !== undefined && {
      backchannelLogoutUri: values['backchannel-logout-uri'],
    }),
    ...(values['first-party'] !== undefined && { firstParty: values['first-party'] }),
    ...(values.immediately !== undefined && { immediately: values.immediately }),
  } as AdminCommand
  process.stdout.write(`${JSON.stringify(await send(server, key, command), null, 2)}\n`)
}

async function transfer(way: string, file: string, server: string, key: string): Promise<void> {
  const passphrase = process.env.EXPORT_PASSPHRASE
  if (!passphrase) throw new UsageError('set the variable EXPORT_PASSPHRASE')
  const run = (command: object) => send(server, key, command as AdminCommand)
  let content: Export
  if (way === 'export') {
    const clients = (await run({ command: 'export clients' })) as unknown[]
    const list = (await run({ command: 'user list' })) as { login: string }[]
    const people: unknown[] = []
    for (const { login } of list) people.push(await run({ command: 'export person', login }))
    content = { clients, people }
    await writeFile(file, sealExport(content, passphrase), { mode: 0o600 })
  } else {
    content = openExport(await readFile(file), passphrase)
    for (const client of content.clients) await run({ command: 'import client', client })
    for (const person of content.people) await run({ command: 'import person', person })
  }
  const { clients, people } = content
  process.stdout.write(`${clients.length} clients and ${people.length} people: ${way}ed\n`)
}

async function send(server: string, key: string, command: AdminCommand): Promise<unknown> {
  const response = await fetch(new URL('/oauth2/admin', server), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(command),
    redirect: 'error',
    signal: AbortSignal.timeout(30_000),
  }).catch((cause: unknown) => {
    throw new Error(`nothing answers at ${server}`, { cause })
  })
  const answer = (await response.json().catch(() => ({}))) as { error?: string }
  if (response.ok) return answer
  throw new Error(`${response.status}: ${answer.error ?? 'no answer of an authorization server'}`)
}

async function readPassword(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) text += String(chunk)
  return text.replace(/\r?\n$/, '')
}

try {
  await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  const isUsage =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE')
  process.stderr.write(`issuer: ${message}\n${isUsage ? `\n${USAGE}` : ''}`)
  process.exitCode = 1
}
