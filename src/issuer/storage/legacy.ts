/**
 * People as this server kept them while everything was in one object, and their move to objects of
 * their own. Tokens and sessions that were given out before carry no place in their id, so the move
 * leaves behind where they went, until they end.
 */

import type { Change } from './artifacts.ts'
import type { Passkey } from './passkeys.ts'
import type { PersonRecord } from './person.ts'
import { type Place, placeNamed, placeOfPerson } from './places.ts'
import { hasTable } from './schema.ts'
import type { UserInfo } from './user-info.ts'

/** What takes people in. */
export interface NewHomes {
  login(login: string): { take(login: string, id: string, hash: string | null): Promise<void> }
  person(place: Place): { adopt(record: PersonRecord): Promise<void> }
  client(place: Place): { commit(changes: Change[]): Promise<boolean> }
}

interface OldUser extends Record<string, SqlStorageValue> {
  id: string
  login: string
  passwordHash: string | null
  profile: string
  roles: string
  disabledAt: number | null
  createdAt: number
}

interface OldArtifact extends Record<string, SqlStorageValue> {
  model: string
  id: string
  payload: string
  grantId: string | null
  accountId: string | null
  clientId: string | null
  uid: string | null
  consumedAt: number | null
  expiresAt: number | null
}

const USERS = `SELECT id, login, password_hash AS passwordHash, profile, roles,
  disabled_at AS disabledAt, created_at AS createdAt FROM users`
const ARTIFACTS = `SELECT model, id, payload, grant_id AS grantId, account_id AS accountId,
  client_id AS clientId, uid, consumed_at AS consumedAt, expires_at AS expiresAt FROM artifacts`

export class Legacy {
  readonly #sql: SqlStorage
  readonly #homes: NewHomes

  constructor(sql: SqlStorage, homes: NewHomes) {
    this.#sql = sql
    this.#homes = homes
  }

  /** True while somebody has not moved, or ids without a place may still be shown. */
  remains(now: number): boolean {
    if (this.#peopleRemain()) return true
    this.#sql.exec('DELETE FROM moved WHERE expires_at <= ?', now)
    return this.#sql.exec('SELECT 1 FROM moved LIMIT 1').toArray().length > 0
  }

  /** Where an id without a place went; moves its person first where they are still here. */
  async locate(model: string, id: string): Promise<{ place: Place; moved?: UserInfo } | undefined> {
    const moved = this.#moved(model, id)
    if (moved !== undefined) return { place: moved }
    if (!this.#peopleRemain()) return undefined
    const [row] = this.#sql
      .exec<OldArtifact>(`${ARTIFACTS} WHERE model = ? AND id = ?`, model, id)
      .toArray()
    if (!row) return undefined
    if (row.accountId === null) await this.#moveClientToken(row)
    const info = row.accountId === null ? undefined : await this.movePerson(row.accountId)
    const place = this.#moved(model, id)
    return place === undefined ? undefined : { place, ...(info && { moved: info }) }
  }

  async moveLogin(login: string): Promise<UserInfo | undefined> {
    if (!this.#peopleRemain()) return undefined
    const [row] = this.#sql.exec<OldUser>(`${USERS} WHERE login = ?`, login).toArray()
    return row && this.movePerson(row.id)
  }

  /** Moves one person; undefined where nobody of this id is left here. */
  async movePerson(id: string): Promise<UserInfo | undefined> {
    if (!this.#peopleRemain()) return undefined
    const [user] = this.#sql.exec<OldUser>(`${USERS} WHERE id = ?`, id).toArray()
    const place = placeOfPerson(id)
    if (!user || place === undefined) return undefined
    const artifacts = this.#sql.exec<OldArtifact>(`${ARTIFACTS} WHERE account_id = ?`, id).toArray()
    const record = recordOf(user, this.#passkeysOf(id), artifacts, place)
    await this.#homes.person(place).adopt(record)
    await this.#homes.login(user.login).take(user.login, id, user.passwordHash)
    // Should this object stop before here, the next attempt does the same again.
    for (const { model, id: artifactId, expiresAt } of artifacts) {
      this.#leaveNote(model, artifactId, place, expiresAt)
    }
    this.#sql.exec('DELETE FROM artifacts WHERE account_id = ?', id)
    this.#sql.exec('DELETE FROM passkeys WHERE user_id = ?', id)
    this.#sql.exec('DELETE FROM users WHERE id = ?', id)
    return record.info
  }

  /** Somebody who has not moved yet. */
  next(): string | undefined {
    if (!this.#peopleRemain()) return undefined
    return this.#sql.exec<{ id: string }>('SELECT id FROM users LIMIT 1').toArray()[0]?.id
  }

  async #moveClientToken(row: OldArtifact): Promise<void> {
    if (row.model !== 'ClientCredentials' || row.clientId === null) return
    const place = placeNamed('client', row.clientId)
    await this.#homes.client(place).commit([saveOf(row, row.payload)])
    this.#leaveNote(row.model, row.id, place, row.expiresAt)
    this.#sql.exec('DELETE FROM artifacts WHERE model = ? AND id = ?', row.model, row.id)
  }

  #peopleRemain(): boolean {
    if (!hasTable(this.#sql, 'users')) return false
    return this.#sql.exec('SELECT 1 FROM users LIMIT 1').toArray().length > 0
  }

  #moved(model: string, id: string): Place | undefined {
    const query = 'SELECT place FROM moved WHERE model = ? AND id = ?'
    return this.#sql.exec<{ place: string }>(query, model, id).toArray()[0]?.place
  }

  #leaveNote(model: string, id: string, place: Place, expiresAt: number | null): void {
    if (expiresAt === null) return
    const query = 'INSERT OR REPLACE INTO moved (model, id, place, expires_at) VALUES (?, ?, ?, ?)'
    this.#sql.exec(query, model, id, place, expiresAt)
  }

  #passkeysOf(userId: string): Passkey[] {
    return this.#sql
      .exec(
        `SELECT id, public_key AS publicKey, counter, transports, created_at AS createdAt
         FROM passkeys WHERE user_id = ?`,
        userId,
      )
      .toArray()
      .map((row) => {
        const { transports, ...passkey } = row as unknown as Passkey & { transports: string }
        return {
          ...passkey,
          name: '',
          usedAt: null,
          transports: JSON.parse(transports) as string[],
        }
      })
  }
}

function recordOf(
  user: OldUser,
  passkeys: Passkey[],
  artifacts: OldArtifact[],
  place: Place,
): PersonRecord {
  const { id, login, createdAt } = user
  // Only we and the library know ids of grants and sessions, so these get their place here and now.
  const renamed = new Set(
    artifacts.flatMap(({ model, id: own, uid }) =>
      model === 'Grant' ? [own] : model === 'Session' && uid !== null ? [uid] : [],
    ),
  )
  const rename = (text: string) => {
    let result = text
    for (const old of renamed) result = result.replaceAll(old, place + old)
    return result
  }
  return {
    info: {
      id,
      login,
      ...(JSON.parse(user.profile) as object),
      roles: JSON.parse(user.roles) as string[],
      disabled: user.disabledAt !== null,
      createdAt,
    },
    passkeys,
    artifacts: artifacts.map((row) => {
      const { expiresWithSession: _, ...payload } = JSON.parse(rename(row.payload)) as Record<
        string,
        unknown
      >
      return saveOf(
        {
          ...row,
          id: rename(row.id),
          grantId: row.grantId && rename(row.grantId),
          uid: row.uid && rename(row.uid),
        },
        JSON.stringify(payload),
      )
    }),
    used: Object.fromEntries(
      artifacts.flatMap(({ model, id: own, consumedAt }) =>
        consumedAt === null ? [] : [[`${model}/${own}`, consumedAt]],
      ),
    ),
  }
}

function saveOf(row: OldArtifact, payload: string): Change & { do: 'save' } {
  const { model, id, grantId, accountId, clientId, uid, expiresAt } = row
  const artifact = {
    model,
    id,
    payload,
    ...(grantId !== null && { grantId }),
    ...(accountId !== null && { accountId }),
    ...(clientId !== null && { clientId }),
    ...(uid !== null && { uid }),
    ...(expiresAt !== null && { expiresAt }),
  }
  return { do: 'save', artifact }
}
