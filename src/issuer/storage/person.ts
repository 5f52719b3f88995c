/**
 * The object of one person: who they are, their passkeys, and everything that was issued to them:
 * sessions, grants, codes and tokens. So a request that uses a token asks one object alone, and what
 * ends a person's access ends all of it in one step.
 */

import { RpcTarget } from 'cloudflare:workers'
import { type AccountElsewhere, AccountsElsewhere } from './accounts-elsewhere.ts'
import { Artifacts, type Change, type Column, type StoredArtifact } from './artifacts.ts'
import type { ObjectContext } from './object-context.ts'
import type { Opened } from './opened.ts'
import { type Passkey, Passkeys } from './passkeys.ts'
import {
  activePerson,
  changePerson,
  type PersonChange,
  personExists,
  putPerson,
  readPerson,
  setDisabled,
} from './person-row.ts'
import { createTables } from './schema.ts'
import { authorizationsOf, grantIdsOf } from './session-grants.ts'
import { Totp } from './totp.ts'
import type { UserInfo } from './user-info.ts'

/** Everything about a person, as their object keeps it. */
export interface PersonRecord {
  info: UserInfo
  passkeys: Passkey[]
  /** Accounts at other providers. */
  elsewhere?: AccountElsewhere[]
  artifacts: (Change & { do: 'save' })[]
  /** Unix seconds by `model/id`, of what was used up. */
  used: Record<string, number>
}

export class Person extends RpcTarget {
  readonly #object: ObjectContext
  readonly #artifacts: Artifacts
  readonly #passkeys: Passkeys
  readonly #totp: Totp
  readonly #elsewhere: AccountsElsewhere

  constructor(object: ObjectContext) {
    super()
    this.#object = object
    this.#artifacts = new Artifacts(object.sql)
    this.#passkeys = new Passkeys(object.sql)
    this.#totp = new Totp(object.sql)
    this.#elsewhere = new AccountsElsewhere(object.sql)
  }

  open(model: string, column: Column, value: string): Opened {
    const person = this.active()
    if (!this.#exists()) return { found: undefined, grants: [], person }
    const now = this.#object.now()
    const found = this.#artifacts.find(model, column, value, now)
    const grants = grantIdsOf(model, found).flatMap((id) => {
      const grant = this.#artifacts.find('Grant', 'id', id, now)
      return grant ? [grant] : []
    })
    return { found, grants, person }
  }

  /** Answers false where a code or token in it was used before, or the person is not there. */
  async commit(changes: Change[]): Promise<boolean> {
    // What a disabled or removed person's last request wanted to keep comes too late.
    const wanted = this.active() ? changes : changes.filter((change) => change.do !== 'save')
    if (!this.#exists()) return false
    const done = this.#artifacts.commit(wanted, this.#object.now())
    for (const change of wanted) {
      if (change.do === 'save') await this.#object.expireAt(change.artifact.expiresAt)
    }
    return done && wanted.length === changes.length
  }

  /** Answers the payload of an artifact and deletes it. */
  take(model: string, id: string): string | undefined {
    return this.#exists() ? this.#artifacts.take(model, id, this.#object.now()) : undefined
  }

  /** The person; undefined where there is none, or they are disabled. */
  active(): UserInfo | undefined {
    return activePerson(this.#object.sql)
  }

  info(): UserInfo | undefined {
    return readPerson(this.#object.sql)
  }

  /** Sessions or grants, as they are stored. */
  list(model: 'Session' | 'Grant'): StoredArtifact[] {
    return this.#exists() ? this.#artifacts.list(model, this.#object.now()) : []
  }

  /** Ends a session as a sign-out does: with what was issued through it, unless that was to stay. */
  endSession(uid: string): void {
    if (!this.#exists()) return
    const session = this.#artifacts.find('Session', 'uid', uid, this.#object.now())
    if (!session) return
    for (const { grantId, persistsLogout } of authorizationsOf(session)) {
      if (grantId !== undefined && !persistsLogout) this.endGrant(grantId)
    }
    const change: Change = { do: 'destroy', model: 'Session', id: session.id }
    this.#artifacts.commit([change], this.#object.now())
  }

  endEverything(): void {
    if (this.#exists()) this.#artifacts.destroyAll()
  }

  /** The person reads the mail of this address; answers undefined where it is theirs no more. */
  verifyEmail(email: string): UserInfo | undefined {
    return this.info()?.email === email ? this.update({ emailVerified: true }) : undefined
  }

  /** Ends every session but this one. */
  endOtherSessions(uid: string): void {
    for (const { payload } of this.list('Session')) {
      const { uid: other } = JSON.parse(payload) as { uid: string }
      if (other !== uid) this.endSession(other)
    }
  }

  endGrant(id: string): void {
    if (this.#exists()) this.#artifacts.destroyGrant(id)
  }

  /** Takes a person in, new or from elsewhere; what is there already is kept. */
  async adopt({ info, passkeys, elsewhere = [], artifacts, used }: PersonRecord): Promise<void> {
    createTables(this.#object.sql, 'person')
    putPerson(this.#object.sql, info, this.#object.now())
    for (const passkey of passkeys) this.#passkeys.add(passkey)
    for (const account of elsewhere) this.#elsewhere.add(account, this.#object.now())
    this.#artifacts.commit(artifacts, this.#object.now())
    for (const [key, at] of Object.entries(used)) {
      const [model = '', artifactId = ''] = key.split(/\/(.*)/s)
      this.#artifacts.commit([{ do: 'use', model, id: artifactId, graceSeconds: 0 }], at)
    }
    await this.#object.expireAt(this.#artifacts.nextExpiry() ?? undefined)
  }

  update(change: PersonChange): UserInfo {
    changePerson(this.#object.sql, this.#required(), change)
    return this.#required()
  }

  /** Ends sessions, grants and tokens too. Access tokens that are JWTs end by themselves. */
  disable(): UserInfo {
    this.#required()
    setDisabled(this.#object.sql, this.#object.now())
    this.#artifacts.destroyAll()
    return this.#required()
  }

  enable(): UserInfo {
    this.#required()
    setDisabled(this.#object.sql, null)
    return this.#required()
  }

  /** Removes passkeys, authenticator app and accounts elsewhere, and ends sessions, grants and tokens. */
  reset(): void {
    this.#required()
    this.#passkeys.removeAll()
    this.#totp.remove()
    this.#elsewhere.removeAll()
    this.#artifacts.destroyAll()
  }

  async remove(): Promise<void> {
    await this.#object.erase()
  }

  #exists(): boolean {
    return personExists(this.#object.sql)
  }

  #required(): UserInfo {
    const info = this.info()
    if (!info) throw new Error('there is no such person')
    return info
  }
}
