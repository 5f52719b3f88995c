/**
 * The part of a person's object that is about signing in: passkeys, the authenticator app, and what
 * happened of late.
 */

import { RpcTarget } from 'cloudflare:workers'
import { Artifacts } from './artifacts.ts'
import { type Note, Notes } from './notes.ts'
import type { ObjectContext } from './object-context.ts'
import { type Passkey, Passkeys } from './passkeys.ts'
import { activePerson, personExists } from './person-row.ts'
import { Totp } from './totp.ts'

export class Factors extends RpcTarget {
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
    const artifact = { model: 'ReplayDetection', id: challenge, payload: '{}', expiresAt }
    if (!activePerson(this.#object.sql)) return false
    const isFirst = this.#artifacts.commit([{ do: 'save', artifact }], this.#object.now())
    if (!isFirst) return false
    await this.#object.expireAt(expiresAt)
    this.#passkeys.use(id, counter, this.#object.now())
    this.#noteSignIn(how)
    return true
  }

  removePasskey(id: string): void {
    if (personExists(this.#object.sql)) this.#passkeys.remove(id)
  }

  #noteSignIn(how: string): void {
    this.#notes.add({ at: this.#object.now(), what: 'sign-in', detail: how })
  }
}
