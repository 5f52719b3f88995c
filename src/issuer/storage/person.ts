/**
 * The object of one person: who they are, their passkeys, and everything that was issued to them:
 * sessions, grants, codes and tokens. So a request that uses a token asks one object alone, and what
 * ends a person's access ends all of it in one step.
 */

import { RpcTarget } from 'cloudflare:workers'
import { Artifacts, type Change, type Column, type StoredArtifact } from './artifacts.ts'
import { type Note, Notes } from './notes.ts'
import type { ObjectContext } from './object-context.ts'
import type { Opened } from './opened.ts'
import { type Passkey, Passkeys } from './passkeys.ts'
import { createTables, hasTable } from './schema.ts'
import { Totp } from './totp.ts'
import type { Profile, UserInfo } from './user-info.ts'

/** What of a person can be changed; what is left out stays. */
export interface PersonChange extends Profile {
  login?: string
  roles?: string[]
}

/** Everything about a person, as their object keeps it. */
export interface PersonRecord {
  info: UserInfo
  passkeys: Passkey[]
  artifacts: (Change & { do: 'save' })[]
  /** Unix seconds by `model/id`, of what was used up. */
  used: Record<string, number>
}

interface PersonRow {
  id: string
  login: string
  profile: string
  roles: string
  disabledAt: number | null
  createdAt: number
}

interface Authorization {
  grantId?: string
  persistsLogout?: boolean
}

export class Person extends RpcTarget {
  readonly #object: ObjectContext
  readonly #artifacts: Artifacts
  readonly #passkeys: Passkeys
  readonly #notes: Notes
  readonly #totp: Totp

  constructor(object: ObjectContext) {
    super()
    this.#object = object
    this.#artifacts = new Artifacts(object.sql)
    this.#passkeys = new Passkeys(object.sql)
    this.#notes = new Notes(object.sql)
    this.#totp = new Totp(object.sql)
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

  /**
   * The person, who has shown a password; undefined where they may not sign in. Notes it, unless a code
   * has to follow.
   */
  signIn(how: string): { id: string; needsCode: boolean } | undefined {
    const person = this.active()
    if (!person) return undefined
    const needsCode = this.#totp.isOn
    if (!needsCode) this.#noteSignIn(how)
    return { id: person.id, needsCode }
  }

  hasTotp(): boolean {
    return this.#exists() && this.#totp.isOn
  }

  beginTotp(sealedSecret: string): void {
    if (this.#exists()) this.#totp.begin(sealedSecret)
  }

  pendingTotp(): string | undefined {
    return this.#exists() ? this.#totp.pending() : undefined
  }

  confirmTotp(step: number): void {
    this.#totp.confirm(step)
    this.#notes.add({ at: this.#object.now(), what: 'authenticator app', detail: 'on' })
  }

  removeTotp(): void {
    if (!this.hasTotp()) return
    this.#totp.remove()
    this.#notes.add({ at: this.#object.now(), what: 'authenticator app', detail: 'off' })
  }

  /** Counts a try; undefined where there were too many, or the person may not sign in. */
  tryTotp(): { secret: string; lastStep: number } | undefined {
    return this.active() ? this.#totp.try(this.#object.now()) : undefined
  }

  /** Answers false where this step was used before. */
  useTotp(step: number, how: string): boolean {
    const isFirst = this.#totp.use(step)
    if (isFirst) this.#noteSignIn(how)
    return isFirst
  }

  notes(): Note[] {
    return this.#exists() ? this.#notes.list() : []
  }

  /** Answers the payload of an artifact and deletes it. */
  take(model: string, id: string): string | undefined {
    return this.#exists() ? this.#artifacts.take(model, id, this.#object.now()) : undefined
  }

  /** The person; undefined where there is none, or they are disabled. */
  active(): UserInfo | undefined {
    const info = this.info()
    return info?.disabled ? undefined : info
  }

  info(): UserInfo | undefined {
    const row = this.#row()
    return row && infoOf(row)
  }

  passkeys(): Passkey[] {
    return this.#exists() ? this.#passkeys.list() : []
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

  /** The person reads the mail of this address, if it is still theirs. */
  verifyEmail(email: string): void {
    if (this.info()?.email === email) this.update({ emailVerified: true })
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

  addPasskey(passkey: Passkey): boolean {
    return this.#exists() && this.#passkeys.add(passkey)
  }

  findPasskey(id: string): Passkey | undefined {
    return this.#exists() ? this.#passkeys.find(id) : undefined
  }

  /** Notes a sign-in; answers false where this challenge was answered before. */
  async usePasskey(
    id: string,
    counter: number,
    { challenge, expiresAt, how }: { challenge: string; expiresAt: number; how: string },
  ): Promise<boolean> {
    const artifact = { model: 'ReplayDetection', id: challenge, payload: '{}', expiresAt }
    if (!(await this.commit([{ do: 'save', artifact }]))) return false
    this.#passkeys.use(id, counter, this.#object.now())
    this.#noteSignIn(how)
    return true
  }

  removePasskey(id: string): void {
    if (this.#exists()) this.#passkeys.remove(id)
  }

  /** Takes a person in, new or from elsewhere; what is there already is kept. */
  async adopt({ info, passkeys, artifacts, used }: PersonRecord): Promise<void> {
    const { sql } = this.#object
    createTables(sql, 'person')
    const { id, login, roles, disabled, createdAt, ...profile } = info
    sql.exec(
      `INSERT INTO person (id, login, profile, roles, disabled_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      id,
      login,
      JSON.stringify(profile),
      JSON.stringify(roles),
      disabled ? this.#object.now() : null,
      createdAt,
    )
    for (const passkey of passkeys) this.#passkeys.add(passkey)
    this.#artifacts.commit(artifacts, this.#object.now())
    for (const [key, at] of Object.entries(used)) {
      const [model = '', artifactId = ''] = key.split(/\/(.*)/s)
      this.#artifacts.commit([{ do: 'use', model, id: artifactId, graceSeconds: 0 }], at)
    }
    await this.#object.expireAt(this.#artifacts.nextExpiry() ?? undefined)
  }

  update({ login, roles, ...profile }: PersonChange): UserInfo {
    const before = this.#required()
    const old = JSON.parse(before.profile) as Profile
    const isNewEmail = profile.email !== undefined && profile.email !== old.email
    const merged = { ...old, ...(isNewEmail && { emailVerified: false }), ...profile }
    this.#object.sql.exec(
      'UPDATE person SET login = ?, profile = ?, roles = ?',
      login ?? before.login,
      JSON.stringify(merged),
      roles ? JSON.stringify(roles) : before.roles,
    )
    return infoOf(this.#required())
  }

  /** Ends sessions, grants and tokens too. Access tokens that are JWTs end by themselves. */
  disable(): UserInfo {
    this.#required()
    this.#object.sql.exec('UPDATE person SET disabled_at = ?', this.#object.now())
    this.#artifacts.destroyAll()
    return infoOf(this.#required())
  }

  enable(): UserInfo {
    this.#required()
    this.#object.sql.exec('UPDATE person SET disabled_at = NULL')
    return infoOf(this.#required())
  }

  /** Removes every passkey and the authenticator app, and ends sessions, grants and tokens. */
  reset(): void {
    this.#required()
    this.#passkeys.removeAll()
    this.#totp.remove()
    this.#artifacts.destroyAll()
  }

  async remove(): Promise<void> {
    await this.#object.erase()
  }

  #noteSignIn(how: string): void {
    this.#notes.add({ at: this.#object.now(), what: 'sign-in', detail: how })
  }

  #exists(): boolean {
    return hasTable(this.#object.sql, 'person')
  }

  #row(): PersonRow | undefined {
    if (!this.#exists()) return undefined
    const query = `SELECT id, login, profile, roles, disabled_at AS disabledAt,
      created_at AS createdAt FROM person LIMIT 1`
    return this.#object.sql.exec(query).toArray()[0] as PersonRow | undefined
  }

  #required(): PersonRow {
    const row = this.#row()
    if (!row) throw new Error('there is no such person')
    return row
  }
}

function infoOf({ id, login, profile, roles, disabledAt, createdAt }: PersonRow): UserInfo {
  return {
    id,
    login,
    ...(JSON.parse(profile) as Profile),
    roles: JSON.parse(roles) as string[],
    disabled: disabledAt !== null,
    createdAt,
  }
}

/** The grant of a code or token; the grants of every client that a session has signed in to. */
function grantIdsOf(model: string, found: StoredArtifact | undefined): string[] {
  if (!found) return []
  if (found.grantId) return [found.grantId]
  if (model !== 'Session') return []
  return authorizationsOf(found).flatMap(({ grantId }) => (grantId ? [grantId] : []))
}

/** What each client was given in a session. */
function authorizationsOf({ payload }: StoredArtifact): Authorization[] {
  const { authorizations = {} } = JSON.parse(payload) as {
    authorizations?: Record<string, Authorization>
  }
  return Object.values(authorizations)
}
