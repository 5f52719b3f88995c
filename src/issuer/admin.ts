/**
 * The administration endpoint: `POST /oauth2/admin` with one command as JSON, for the holder of
 * ADMIN_KEY. Without that secret it does not exist.
 */

import * as v from 'valibot'
import {
  addPerson,
  disablePerson,
  enablePerson,
  listPeople,
  removePerson,
  resetPerson,
  unlockPerson,
  updatePerson,
} from './admin/people.ts'
import type { IssuerEnv, ResolvedConfig } from './config.ts'
import { retainKeySeconds } from './oidc/configuration.ts'
import { addressLimits, networkOf } from './oidc/network.ts'
import { scopesOf } from './oidc/scopes.ts'
import { directoryOf, visitorsOf } from './storage/issuer-storage.ts'
import { constantTimeEqual } from './storage/secret-hash.ts'

export const ADMIN_PATH = '/oauth2/admin'

/** Wrong keys per network address and window. */
const MAX_WRONG_KEYS = 20
const WINDOW_SECONDS = 900
const MAX_BODY_BYTES = 16_384

const text = v.pipe(v.string(), v.minLength(1))
const texts = v.array(text)
const login = { login: text }
const id = { id: text }

const Command = v.variant('command', [
  v.strictObject({
    command: v.literal('user add'),
    ...login,
    password: v.optional(text),
    name: v.optional(text),
    email: v.optional(text),
    roles: v.optional(texts),
  }),
  v.strictObject({ command: v.literal('user list') }),
  v.strictObject({
    command: v.literal('user update'),
    ...login,
    newLogin: v.optional(text),
    name: v.optional(text),
    email: v.optional(text),
    roles: v.optional(texts),
  }),
  v.strictObject({ command: v.literal('user disable'), ...login }),
  v.strictObject({ command: v.literal('user enable'), ...login }),
  v.strictObject({ command: v.literal('user unlock'), ...login }),
  v.strictObject({ command: v.literal('user remove'), ...login }),
  v.strictObject({ command: v.literal('user reset'), ...login, password: v.optional(text) }),
  v.strictObject({
    command: v.literal('client add'),
    kind: v.picklist(['service', 'web', 'public', 'device']),
    id: v.optional(text),
    secret: v.optional(text),
    name: v.optional(text),
    redirectUris: v.optional(texts),
    postLogoutRedirectUris: v.optional(texts),
    backchannelLogoutUri: v.optional(text),
    firstParty: v.optional(v.boolean()),
    scope: v.optional(text),
    roles: v.optional(texts),
  }),
  v.strictObject({ command: v.literal('client list') }),
  v.strictObject({ command: v.literal('client rotate-secret'), ...id }),
  v.strictObject({ command: v.literal('client remove'), ...id }),
  v.strictObject({ command: v.literal('keys list') }),
  v.strictObject({ command: v.literal('keys rotate'), immediately: v.optional(v.boolean()) }),
])

/** One command, as the endpoint takes it. */
export type AdminCommand = v.InferInput<typeof Command>

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
    return Response.json(await run(command.output, env, config), { headers: NO_STORE })
  } catch (error) {
    // The storage throws sentences for the administrator, such as "there is no user".
    return refuse(409, error instanceof Error ? error.message : String(error))
  }
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
      const unknown = unknownScopes(command.scope, config)
      if (unknown.length > 0) throw new Error(`no API has the scope "${unknown.join(' ')}"`)
      return directory.addClient(withoutCommand(command))
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
    case 'keys list':
      return directory.listKeys()
    case 'keys rotate': {
      const immediately = command.immediately ?? false
      await directory.rotateKeys({ immediately, retainSeconds: retainKeySeconds(config) })
      return directory.listKeys()
    }
  }
}

function unknownScopes(scope: string | undefined, config: ResolvedConfig): string[] {
  const known = new Set(scopesOf(config))
  return (scope?.split(' ') ?? []).filter((name) => !known.has(name))
}

function withoutCommand<T extends { command: string }>({ command: _, ...rest }: T) {
  return defined(rest)
}

/** The members that are present, as `exactOptionalPropertyTypes` wants them. */
function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
