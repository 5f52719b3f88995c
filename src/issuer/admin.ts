/**
 * The administration endpoint: `POST /oauth2/admin` with one command as JSON, for the holder of
 * ADMIN_KEY. Without that secret it does not exist.
 */

import * as v from 'valibot'
import { type AdminCommand, Command } from './admin/commands.ts'
import {
  addPerson,
  disablePerson,
  enablePerson,
  invitePerson,
  listPeople,
  notesOfPerson,
  removePerson,
  resetPerson,
  unlockPerson,
  updatePerson,
} from './admin/people.ts'
import { exportPerson, importPerson } from './admin/transfer.ts'
import type { IssuerEnv, ResolvedConfig } from './config.ts'
import { retainKeySeconds } from './oidc/configuration.ts'
import { addressLimits, networkOf } from './oidc/network.ts'
import { scopesOf } from './oidc/scopes.ts'
import { directoryOf, visitorsOf } from './storage/issuer-storage.ts'
import { constantTimeEqual } from './storage/secret-hash.ts'

export type { AdminCommand }

export const ADMIN_PATH = '/oauth2/admin'

/** Wrong keys per network address and window. */
const MAX_WRONG_KEYS = 20
const WINDOW_SECONDS = 900
const MAX_BODY_BYTES = 16_384

/** Answers a request for {@link ADMIN_PATH}; `address` is where it came from. */
export async function administer(
  request: Request,
  env: IssuerEnv,
  config: ResolvedConfig,
  address: string,
): Promise<Response> {
  if (env.ADMIN_KEY === undefined) return refuse(404, 'not found')
  if (request.method !== 'POST') return refuse(405, 'POST one command', { allow: 'POST' })
  const given = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  if (!(await constantTimeEqual(given, env.ADMIN_KEY))) {
    // The right key is never made to wait: of 256 random bits, nobody guesses one in parallel.
    const limits = addressLimits('admin', address, MAX_WRONG_KEYS, WINDOW_SECONDS)
    const wait = await visitorsOf(env, networkOf(address)).reserve(limits)
    if (wait > 0) return refuse(429, 'too many wrong keys', { 'retry-after': String(wait) })
    return refuse(401, 'wrong ADMIN_KEY', { 'www-authenticate': 'Bearer' })
  }
  const command = await readCommand(request)
  if (!command.success) return refuse(400, v.summarize(command.issues))
  try {
    const answer = await run(command.output, env, config)
    if (!READS.has(command.output.command)) {
      await directoryOf(env).note(command.output.command, subjectOf(command.output))
    }
    return Response.json(answer, { headers: NO_STORE })
  } catch (error) {
    // The storage throws sentences for the administrator, such as "there is no user".
    return refuse(409, error instanceof Error ? error.message : String(error))
  }
}

/** Commands that change nothing, and so are not noted. */
const READS = new Set(['user list', 'client list', 'keys list', 'audit'])

function subjectOf(command: AdminCommand): string {
  if ('login' in command) return command.login ?? ''
  return 'id' in command ? (command.id ?? '') : ''
}

const NO_STORE = { 'cache-control': 'no-store' }

function refuse(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers: { ...NO_STORE, ...headers } })
}

async function readCommand(request: Request) {
  const bytes = await request.arrayBuffer()
  const body =
    bytes.byteLength > MAX_BODY_BYTES ? undefined : parse(new TextDecoder().decode(bytes))
  return v.safeParse(Command, body)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

async function run(
  command: v.InferOutput<typeof Command>,
  env: IssuerEnv,
  config: ResolvedConfig,
): Promise<unknown> {
  const directory = directoryOf(env)
  switch (command.command) {
    case 'user add':
      return addPerson(env, withoutCommand(command))
    case 'user invite':
      return invitePerson(env, config, withoutCommand(command))
    case 'user list':
      return listPeople(env)
    case 'user update': {
      const { login, newLogin, command: _, ...change } = command
      return updatePerson(env, login, defined({ ...change, login: newLogin }))
    }
    case 'user disable':
      await disablePerson(env, command.login)
      return {}
    case 'user enable':
      await enablePerson(env, command.login)
      return {}
    case 'user unlock':
      await unlockPerson(env, command.login)
      return {}
    case 'user remove':
      await removePerson(env, command.login)
      return {}
    case 'user reset':
      return resetPerson(env, command.login, command.password)
    case 'client add': {
      if (command.kind === 'device' && !config.deviceFlow) {
        throw new Error('deviceFlow is false in issuer.config.ts')
      }
      if (['public', 'device'].includes(command.kind) && !config.publicClients) {
        throw new Error('publicClients is false in issuer.config.ts')
      }
      refuseUnknownScopes(command.scope, config)
      return directory.addClient(withoutCommand(command))
    }
    case 'client update': {
      const { id, ...change } = withoutCommand(command)
      refuseUnknownScopes(command.scope, config)
      await directory.updateClient(id, change)
      return {}
    }
    case 'client list':
      return (await directory.listClients()).map(({ metadata, ...client }) => {
        return { ...client, metadata: parse(metadata) }
      })
    case 'client rotate-secret':
      return { secret: await directory.rotateClientSecret(command.id) }
    case 'client remove':
      await directory.removeClient(command.id)
      return {}
    case 'export clients':
      return directory.exportClients()
    case 'export person':
      return exportPerson(env, command.login)
    case 'import client':
      await directory.importClient(command.client)
      return {}
    case 'import person':
      await importPerson(env, command.person)
      return {}
    case 'audit':
      return command.login === undefined ? directory.notes() : notesOfPerson(env, command.login)
    case 'keys list':
      return directory.listKeys()
    case 'keys rotate': {
      const immediately = command.immediately ?? false
      await directory.rotateKeys({ immediately, retainSeconds: retainKeySeconds(config) })
      return directory.listKeys()
    }
  }
}

function refuseUnknownScopes(scope: string | undefined, config: ResolvedConfig): void {
  const known = new Set(scopesOf(config))
  const unknown = (scope?.split(' ') ?? []).filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`no API has the scope "${unknown.join(' ')}"`)
}

function withoutCommand<T extends { command: string }>({ command: _, ...rest }: T) {
  return defined(rest)
}

/** The members that are present, as `exactOptionalPropertyTypes` wants them. */
function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
