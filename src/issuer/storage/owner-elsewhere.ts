/** Whose an account at another provider is: an object for each account, so that nothing is searched. */

import type { AccountElsewhere } from './accounts-elsewhere.ts'
import { type StorageEnv, shelfOf } from './issuer-storage.ts'
import { type Place, placeNamed } from './places.ts'

const MODEL = 'AccountElsewhere'
const ID = 'owner'

/** The id of the person who was the last to have it: their own object has to agree. */
export async function ownerElsewhere(
  env: StorageEnv,
  account: AccountElsewhere,
): Promise<string | undefined> {
  const place = placeOf(account)
  return (await shelfOf(env, place).open(MODEL, 'id', ID)).found?.payload
}

export async function keepOwnerElsewhere(
  env: StorageEnv,
  account: AccountElsewhere,
  personId: string,
): Promise<void> {
  const place = placeOf(account)
  const artifact = { model: MODEL, id: ID, payload: personId }
  await shelfOf(env, place).commit([{ do: 'save', artifact }])
}

function placeOf({ issuer, subject }: AccountElsewhere): Place {
  return placeNamed('elsewhere', `${issuer} ${subject}`)
}
