/**
 * Adding somebody. The object of the login decides who comes first, and whoever does not leaves nothing;
 * the line in the directory's list is a copy and is written last.
 */

import { directoryOf, loginOf, personOf, type StorageEnv } from './issuer-storage.ts'
import { normalizeLogin, placeOfPerson } from './places.ts'
import type { Profile, UserInfo } from './user-info.ts'

const MAX_LOGIN_LENGTH = 254

/** Adds a person who sets a password later, or never. Throws where the login is taken. */
export async function addWithoutPassword(
  env: StorageEnv,
  typed: string,
  roles: string[],
  profile: Profile,
): Promise<UserInfo> {
  const login = checkLogin(typed)
  await directoryOf(env).moveLogin(login)
  const info = newPerson(login, roles, profile)
  await loginOf(env, login).take(login, info.id, null)
  await settlePerson(env, info)
  return info
}

/** The one spelling of a login. Throws where it is none. */
export function checkLogin(typed: string): string {
  const login = normalizeLogin(typed)
  if (login && login.length <= MAX_LOGIN_LENGTH) return login
  throw new Error(`a login has 1 to ${MAX_LOGIN_LENGTH} characters`)
}

export function newPerson(login: string, roles: string[], profile: Profile): UserInfo {
  const createdAt = Math.floor(Date.now() / 1000)
  return { id: crypto.randomUUID(), login, ...profile, roles, disabled: false, createdAt }
}

/** Makes the person's object, once the login is theirs. */
export async function settlePerson(env: StorageEnv, info: UserInfo): Promise<void> {
  const place = placeOfPerson(info.id) ?? ''
  await personOf(env, place).adopt({ info, passkeys: [], artifacts: [], used: {} })
  await directoryOf(env).putPerson(info)
}
