/** The commands of administration, as the endpoint takes them. */

import * as v from 'valibot'
import { StoredClient, StoredPerson } from './stored.ts'

const text = v.pipe(v.string(), v.minLength(1))
const texts = v.array(text)
const login = { login: text }
const id = { id: text }
const profile = {
  name: v.optional(text),
  email: v.optional(text),
  roles: v.optional(texts),
}
const client = {
  name: v.optional(text),
  redirectUris: v.optional(texts),
  postLogoutRedirectUris: v.optional(texts),
  backchannelLogoutUri: v.optional(text),
  firstParty: v.optional(v.boolean()),
  scope: v.optional(text),
  roles: v.optional(texts),
}

export const Command = v.variant('command', [
  v.strictObject({
    command: v.literal('user add'),
    ...login,
    password: v.optional(text),
    ...profile,
  }),
  v.strictObject({ command: v.literal('user invite'), ...login, ...profile }),
  v.strictObject({ command: v.literal('user list') }),
  v.strictObject({
    command: v.literal('user update'),
    ...login,
    newLogin: v.optional(text),
    ...profile,
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
    ...client,
  }),
  v.strictObject({ command: v.literal('client update'), ...id, ...client }),
  v.strictObject({ command: v.literal('client list') }),
  v.strictObject({ command: v.literal('client rotate-secret'), ...id }),
  v.strictObject({ command: v.literal('client remove'), ...id }),
  v.strictObject({ command: v.literal('export clients') }),
  v.strictObject({ command: v.literal('export person'), ...login }),
  v.strictObject({ command: v.literal('import client'), client: StoredClient }),
  v.strictObject({ command: v.literal('import person'), person: StoredPerson }),
  v.strictObject({ command: v.literal('audit'), login: v.optional(text) }),
  v.strictObject({ command: v.literal('keys list') }),
  v.strictObject({ command: v.literal('keys rotate'), immediately: v.optional(v.boolean()) }),
])

/** One command, as the endpoint takes it. */
export type AdminCommand = v.InferInput<typeof Command>
