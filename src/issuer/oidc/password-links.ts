/**
 * Links with which a person sets their password: for an invitation, or one that was forgotten. A link
 * is stored nowhere; it works until the password is set, by it or otherwise, and for its time.
 */

import type { IssuerEnv, Message, ResolvedConfig } from '../config.ts'
import { directoryOf, loginOf, personOf } from '../storage/issuer-storage.ts'
import { normalizeLogin, placeOfPerson } from '../storage/places.ts'
import { createSealer } from './sealed-text.ts'

export const PASSWORD_PATH = '/oauth2/password'

/** What a link is for. */
type LinkKind = 'invite' | 'reset'

const SECONDS: Record<LinkKind, number> = { invite: 604_800, reset: 3600 }
const USE = 'gatehouse issuer password links'
const PURPOSE = 'password'

interface Link {
  login: string
  personId: string
  /** What the login's password was when the link was made. */
  mark: string
  /** Unix seconds. */
  expiresAt: number
  /** The address it was sent to: whoever follows it reads that mail. */
  email?: string
}

/** Makes a link for whoever has this login; undefined where nobody has. */
export async function makePasswordLink(
  env: IssuerEnv,
  keys: readonly string[],
  kind: LinkKind,
  typed: string,
): Promise<Omit<Message, 'title'> | undefined> {
  const login = normalizeLogin(typed)
  const owner = await loginOf(env, login).owner()
  const place = owner && placeOfPerson(owner.personId)
  const person = place === undefined ? undefined : await personOf(env, place).active()
  if (!owner || !person) return undefined
  const link: Link = {
    login,
    personId: owner.personId,
    mark: owner.mark,
    expiresAt: Math.floor(Date.now() / 1000) + SECONDS[kind],
    ...(person.email !== undefined && { email: person.email }),
  }
  const token = createSealer(keys, USE).seal(PURPOSE, link)
  const url = `${env.ISSUER}${PASSWORD_PATH}/set?token=${token}`
  return { kind, url, login, to: person.email }
}

/** Sends it, where the owner has a way to and the person an address. Answers whether it did. */
export async function sendPasswordLink(
  env: IssuerEnv,
  config: ResolvedConfig,
  link: Omit<Message, 'title'>,
): Promise<boolean> {
  if (!config.send || link.to === undefined) return false
  await config.send({ ...link, title: config.title }, env)
  return true
}

/** The link behind a token, while it works. */
export async function openPasswordLink(
  env: IssuerEnv,
  keys: readonly string[],
  token: string,
): Promise<Link | undefined> {
  const link = createSealer(keys, USE).open(PURPOSE, token) as Link | undefined
  if (!link || link.expiresAt <= Date.now() / 1000) return undefined
  const owner = await loginOf(env, link.login).owner()
  return owner?.personId === link.personId && owner.mark === link.mark ? link : undefined
}

/** Sets the password, ends sessions and tokens, and believes the mail address. */
export async function usePasswordLink(env: IssuerEnv, link: Link, password: string): Promise<void> {
  const person = personOf(env, placeOfPerson(link.personId) ?? '')
  await loginOf(env, link.login).setPassword(password)
  await person.endEverything()
  const info = link.email === undefined ? undefined : await person.verifyEmail(link.email)
  if (info) await directoryOf(env).putPerson(info)
}
