/**
 * What administrators do with people. A person is spread over three objects: their own, their login's
 * and a line in the directory's list, which is a copy and is written last.
 */

import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { makePasswordLink, sendPasswordLink } from '../oidc/password-links.ts'
import { directoryOf, factorsOf, loginOf, personOf } from '../storage/issuer-storage.ts'
import { addWithoutPassword, checkLogin, newPerson, settlePerson } from '../storage/new-person.ts'
import type { Note } from '../storage/notes.ts'
import type { PersonChange } from '../storage/person-row.ts'
import { normalizeLogin, type Place, placeOfPerson } from '../storage/places.ts'
import type { Profile, UserInfo } from '../storage/user-info.ts'

/** What an administrator says about a new person. */
export interface NewUser extends Profile {
  /** What the person types to sign in; compared without regard to case. */
  login: string
  /** At least 8 characters. Default: 22 random ones. */
  password?: string
  /** The `roles` claim of tokens issued for this person. */
  roles?: string[]
}

/** Adds a person and answers the only copy of their password. Throws where the login is taken. */
export async function addPerson(
  env: IssuerEnv,
  { login: typed, password, roles = [], ...profile }: NewUser,
): Promise<{ id: string; password: string }> {
  const login = checkLogin(typed)
  await directoryOf(env).moveLogin(login)
  const info = newPerson(login, roles, profile)
  const chosen = await loginOf(env, login).claim(login, info.id, password)
  await settlePerson(env, info)
  return { id: info.id, password: chosen }
}

export async function listPeople(env: IssuerEnv): Promise<UserInfo[]> {
  return directoryOf(env).listPeople()
}

/** Adds a person without a password, and answers the link with which they set one. */
export async function invitePerson(
  env: IssuerEnv,
  config: ResolvedConfig,
  { login: typed, roles = [], ...profile }: Omit<NewUser, 'password'>,
): Promise<{ id: string; url: string; sent: boolean }> {
  const { id, login } = await addWithoutPassword(env, typed, roles, profile)
  const { cookieKeys } = await directoryOf(env).snapshot()
  const link = await makePasswordLink(env, cookieKeys, 'invite', login)
  if (!link) throw new Error('the person is gone already')
  return { id, url: link.url, sent: await sendPasswordLink(env, config, link) }
}

/** What happened to a person, oldest first. */
export async function notesOfPerson(env: IssuerEnv, typed: string): Promise<Note[]> {
  const { place, login } = await find(env, typed)
  const notes = await Promise.all([factorsOf(env, place).notes(), loginOf(env, login).notes()])
  return notes.flat().sort((a, b) => a.at - b.at)
}

/** Changes what is given. Throws where the new login is taken. */
export async function updatePerson(
  env: IssuerEnv,
  typed: string,
  { login: newLogin, ...change }: PersonChange,
): Promise<UserInfo> {
  const { id, place, login, passwordHash } = await find(env, typed)
  const next = newLogin === undefined ? login : normalizeLogin(newLogin)
  if (next !== login) await loginOf(env, next).take(next, id, passwordHash)
  const info = await personOf(env, place).update({ ...change, login: next })
  if (next !== login) await loginOf(env, login).release()
  await directoryOf(env).putPerson(info)
  return info
}

/** Ends the person's sessions and refresh tokens too. Access tokens that are JWTs end by themselves. */
export async function disablePerson(env: IssuerEnv, typed: string): Promise<void> {
  const { place } = await find(env, typed)
  await directoryOf(env).putPerson(await personOf(env, place).disable())
}

export async function enablePerson(env: IssuerEnv, typed: string): Promise<void> {
  const { place } = await find(env, typed)
  await directoryOf(env).putPerson(await personOf(env, place).enable())
}

/** Sets a new password, removes every passkey, ends sessions and refresh tokens; enables nobody. */
export async function resetPerson(
  env: IssuerEnv,
  typed: string,
  password?: string,
): Promise<{ password: string }> {
  const { place, login } = await find(env, typed)
  const chosen = await loginOf(env, login).setPassword(password)
  await personOf(env, place).reset()
  return { password: chosen }
}

/** Forgets wrong passwords of late, so that the person need not wait. */
export async function unlockPerson(env: IssuerEnv, typed: string): Promise<void> {
  const { login } = await find(env, typed)
  await loginOf(env, login).unlock()
}

/** Deletes the person and all that was issued to them. */
export async function removePerson(env: IssuerEnv, typed: string): Promise<void> {
  const { id, place, login } = await find(env, typed)
  await loginOf(env, login).release()
  await personOf(env, place).remove()
  await directoryOf(env).unlistPerson(id)
}

interface Found {
  id: string
  place: Place
  login: string
  passwordHash: string | null
}

async function find(env: IssuerEnv, typed: string): Promise<Found> {
  const login = normalizeLogin(typed)
  await directoryOf(env).moveLogin(login)
  const owner = await loginOf(env, login).owner()
  if (!owner) throw new Error(`there is no user "${login}"`)
  const { personId: id, passwordHash } = owner
  return { id, place: placeOf(id), login, passwordHash }
}

function placeOf(id: string): Place {
  const place = placeOfPerson(id)
  if (place === undefined) throw new Error(`"${id}" is no id of a person`)
  return place
}
