/**
 * Everything that an owner needs to leave or to come: clients and people with the hashes of their
 * secrets and passwords, a piece at a time. Sessions and tokens stay behind: people sign in again.
 */

import type * as v from 'valibot'
import type { IssuerEnv } from '../config.ts'
import { directoryOf, factorsOf, loginOf, personOf } from '../storage/issuer-storage.ts'
import { keepOwnerElsewhere } from '../storage/owner-elsewhere.ts'
import { normalizeLogin, placeOfPerson } from '../storage/places.ts'
import type { StoredPerson } from './stored.ts'

/** Answers a person with the hash of their password. Throws where there is none. */
export async function exportPerson(
  env: IssuerEnv,
  typed: string,
): Promise<v.InferInput<typeof StoredPerson>> {
  const login = normalizeLogin(typed)
  await directoryOf(env).moveLogin(login)
  const owner = await loginOf(env, login).owner()
  const place = owner && placeOfPerson(owner.personId)
  if (!owner || place === undefined) throw new Error(`there is no user "${login}"`)
  const factors = factorsOf(env, place)
  const [info, passkeys, elsewhere] = await Promise.all([
    personOf(env, place).info(),
    factors.passkeys(),
    factors.elsewhere(),
  ])
  if (!info) throw new Error(`there is no user "${login}"`)
  return { info, passwordHash: owner.passwordHash, passkeys, elsewhere }
}

/** Takes a person in as they were elsewhere. Throws where the login is somebody else's. */
export async function importPerson(
  env: IssuerEnv,
  { info: given, passwordHash, passkeys, elsewhere = [] }: v.InferOutput<typeof StoredPerson>,
): Promise<void> {
  const { name, email, emailVerified, ...rest } = given
  const info = {
    ...rest,
    login: normalizeLogin(given.login),
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(emailVerified !== undefined && { emailVerified }),
  }
  await loginOf(env, info.login).take(info.login, info.id, passwordHash)
  const place = placeOfPerson(info.id) ?? ''
  await personOf(env, place).adopt({ info, passkeys, elsewhere, artifacts: [], used: {} })
  for (const account of elsewhere) await keepOwnerElsewhere(env, account, info.id)
  await directoryOf(env).putPerson(info)
}
