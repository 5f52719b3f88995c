/**
 * The part of a person's object that is about signing in: passkeys, the authenticator app, and what
 * happened of late.
 */

import { RpcTarget } from 'cloudflare:workers'
import { type AccountElsewhere, AccountsElsewhere } from './accounts-elsewhere.ts'
import { Artifacts } from './artifacts.ts'
import { type Note, Notes } from './notes.ts'
import type { ObjectContext } from './object-context.ts'
import { type Passkey, Passkeys } from './passkeys.ts'
import { activePerson, changePerson, personExists } from './person-row.ts'
import { Totp } from './totp.ts'
import type { UserInfo } from './user-info.ts'

/** A mail address that waits for its link: a person has one at a time. */
const EMAIL = 'EmailAddress'
const WAITING = 'waiting'

/** A sign-in at another provider: undefined where the person may not sign in. */
export type EnteredElsewhere = { id: string; needsCode: boolean } | 'unknown' | undefined

export class Factors extends RpcTarget {
  readonly #object: ObjectContext
  readonly #artifacts: Artifacts
  readonly #passkeys: Passkeys
  readonly #notes: Notes
  readonly #totp: Totp
  readonly #elsewhere: AccountsElsewhere

  constructor(object: ObjectContext) {
    super()
    this.#object = object
    this.#artifacts = new Artifacts(object.sql)
    this.#passkeys = new Passkeys(object.sql)
    this.#notes = new Notes(object.sql)
    this.#totp = new Totp(object.sql)
    this.#elsewhere = new AccountsElsewhere(object.sql)
  }

  /**
   * The person, who has shown a password; undefined where they may not sign in. Notes it, unless a code
   * has to follow.
   */
  signIn(how: string): { id: string; needsCode: boolean } | undefined {
    const person = activePerson(this.#object.sql)
    if (!person) return undefined
    const needsCode = this.#totp.isOn
    if (!needsCode) this.#noteSignIn(how)
    return { id: person.id, needsCode }
  }

  /**
   * The same for a person who has signed in at another provider; 'unknown' where that account is not
   * theirs. A `state` signs in once.
   */
  async signInElsewhere(
    account: AccountElsewhere,
    { state, expiresAt, how }: { state: string; expiresAt: number; how: string },
  ): Promise<EnteredElsewhere> {
    if (!personExists(this.#object.sql) || !this.#elsewhere.has(account)) return 'unknown'
    return (await this.#isFirst(state, expiresAt)) ? this.signIn(how) : undefined
  }

  /** Takes note that this account at another provider is theirs; answers false where it cannot. */
  linkElsewhere(account: AccountElsewhere, how: string): boolean {
    const now = this.#object.now()
    if (!activePerson(this.#object.sql) || !this.#elsewhere.add(account, now)) return false
    this.#notes.add({ at: now, what: 'account linked', detail: how })
    return true
  }

  elsewhere(): AccountElsewhere[] {
    return this.#elsewhere.list()
  }

  /** Keeps a mail address until its link is followed. One that waited before waits no more. */
  async awaitEmail(email: string, token: string, expiresAt: number): Promise<void> {
    if (!activePerson(this.#object.sql)) return
    const artifact = { model: EMAIL, id: WAITING, uid: token, payload: email, expiresAt }
    this.#artifacts.commit([{ do: 'save', artifact }], this.#object.now())
    await this.#object.expireAt(expiresAt)
  }

  /** The address whose link has this token; undefined where none waits for it. */
  awaitedEmail(token: string): { email: string; login: string } | undefined {
    const person = activePerson(this.#object.sql)
    const found = person && this.#artifacts.find(EMAIL, 'uid', token, this.#object.now())
    return found && { email: found.payload, login: person.login }
  }

  /** The link was followed: the address is the person's, and verified. Works once. */
  confirmEmail(token: string): UserInfo | undefined {
    const { sql, now } = this.#object
    const before = activePerson(sql)
    const awaited = this.awaitedEmail(token)
    if (!before || !awaited) return undefined
    this.#artifacts.commit([{ do: 'destroy', model: EMAIL, id: WAITING }], now())
    changePerson(sql, before, { email: awaited.email, emailVerified: true })
    this.#notes.add({ at: now(), what: 'email verified', detail: awaited.email })
    return activePerson(sql)
  }

  hasTotp(): boolean {
    return personExists(this.#object.sql) && this.#totp.isOn
  }

  beginTotp(sealedSecret: string): void {
    if (personExists(this.#object.sql)) this.#totp.begin(sealedSecret)
  }

  pendingTotp(): string | undefined {
    return personExists(this.#object.sql) ? this.#totp.pending() : undefined
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
    return activePerson(this.#object.sql) ? this.#totp.try(this.#object.now()) : undefined
  }

  /** Answers false where this step was used before. */
  useTotp(step: number, how: string): boolean {
    const isFirst = this.#totp.use(step)
    if (isFirst) this.#noteSignIn(how)
    return isFirst
  }

  notes(): Note[] {
    return personExists(this.#object.sql) ? this.#notes.list() : []
  }

  passkeys(): Passkey[] {
    return personExists(this.#object.sql) ? this.#passkeys.list() : []
  }

  addPasskey(passkey: Passkey): boolean {
    return personExists(this.#object.sql) && this.#passkeys.add(passkey)
  }

  findPasskey(id: string): Passkey | undefined {
    return personExists(this.#object.sql) ? this.#passkeys.find(id) : undefined
  }

  /** Notes a sign-in; answers false where this challenge was answered before. */
  async usePasskey(
    id: string,
    counter: number,
    { challenge, expiresAt, how }: { challenge: string; expiresAt: number; how: string },
  ): Promise<boolean> {
    if (!activePerson(this.#object.sql)) return false
    if (!(await this.#isFirst(challenge, expiresAt))) return false
    this.#passkeys.use(id, counter, this.#object.now())
    this.#noteSignIn(how)
    return true
  }

  removePasskey(id: string): void {
    if (personExists(this.#object.sql)) this.#passkeys.remove(id)
  }

  /** Answers false where this was used to sign in before. */
  async #isFirst(id: string, expiresAt: number): Promise<boolean> {
    const artifact = { model: 'ReplayDetection', id, payload: '{}', expiresAt }
    if (!this.#artifacts.commit([{ do: 'save', artifact }], this.#object.now())) return false
    await this.#object.expireAt(expiresAt)
    return true
  }

  #noteSignIn(how: string): void {
    this.#notes.add({ at: this.#object.now(), what: 'sign-in', detail: how })
  }
}
