/**
 * The one object that is shared: clients, signing keys, and the list of people. Isolates read it
 * through a cache, so it is not on the way of a request.
 */

import { RpcTarget } from 'cloudflare:workers'
import type { ClientChange, NewClient } from './client-metadata.ts'
import { type ClientInfo, Clients, type StoredClientRow } from './clients.ts'
import { Legacy, type NewHomes } from './legacy.ts'
import { type Note, Notes } from './notes.ts'
import type { ObjectContext } from './object-context.ts'
import { People } from './people.ts'
import type { Place } from './places.ts'
import { Registrations } from './registrations.ts'
import { createTables } from './schema.ts'
import type { SealedBox } from './sealed-box.ts'
import { type KeySet, type SigningKeyInfo, SigningKeys } from './signing-keys.ts'
import type { UserInfo } from './user-info.ts'

/** What each isolate knows of the directory. */
export interface Snapshot extends KeySet {
  /** True while ids may be shown that were given out before state had places. */
  hasPlaceless: boolean
}

export class Directory extends RpcTarget {
  readonly #object: ObjectContext
  readonly #clients: Clients
  readonly #registrations: Registrations
  readonly #people: People
  readonly #notes: Notes
  readonly #keys: SigningKeys
  readonly #legacy: Legacy

  constructor(object: ObjectContext, box: SealedBox, homes: NewHomes) {
    super()
    this.#object = object
    createTables(object.sql, 'directory')
    this.#clients = new Clients(object.sql)
    this.#registrations = new Registrations(object.sql)
    this.#registrations.adopt(object.now())
    this.#people = new People(object.sql)
    this.#notes = new Notes(object.sql)
    this.#keys = new SigningKeys(object.sql, box)
    this.#legacy = new Legacy(object.sql, homes)
  }

  async snapshot(): Promise<Snapshot> {
    const now = this.#object.now()
    const hasPlaceless = this.#legacy.remains(now)
    if (this.#legacy.next() !== undefined) await this.#object.expireAt(now)
    return { ...(await this.#withKeys((at) => this.#keys.load(at))), hasPlaceless }
  }

  /** The client as oidc-provider reads it, as JSON. */
  findClient(id: string): string | undefined {
    const isRegistered = this.#registrations.use(id, this.#object.now())
    return this.#clients.find(id, isRegistered)
  }

  /** Stores a client that registered itself; `metadata` is JSON in the names of RFC 7591. */
  async registerClient(metadata: string): Promise<void> {
    const now = this.#object.now()
    const client = JSON.parse(metadata) as Record<string, unknown>
    this.#registrations.add(String(client.client_id), now)
    await this.#clients.save(client, now)
    this.note('registration', String(client.client_id))
  }

  async addClient(client: NewClient): Promise<{ id: string; secret: string | undefined }> {
    return this.#clients.add(client, this.#object.now())
  }

  exportClients(): StoredClientRow[] {
    return this.#clients.exportAll()
  }

  importClient(client: StoredClientRow): void {
    this.#clients.take(client)
  }

  /** Changes what is given. */
  updateClient(id: string, change: ClientChange): void {
    this.#clients.update(id, change)
  }

  listClients(): ClientInfo[] {
    return this.#clients.list()
  }

  async rotateClientSecret(id: string): Promise<string> {
    return this.#clients.rotateSecret(id)
  }

  removeClient(id: string): void {
    this.#clients.remove(id)
    this.#registrations.remove(id)
  }

  /** Adds to what happened to the server. */
  note(what: string, detail: string): void {
    this.#notes.add({ at: this.#object.now(), what, detail })
  }

  notes(): Note[] {
    return this.#notes.list()
  }

  /** Everybody, as of the last command that changed them. */
  async listPeople(): Promise<UserInfo[]> {
    await this.movePeople(Number.POSITIVE_INFINITY)
    return this.#people.list()
  }

  /** Who can be reached at this mail address, by their profile or by a login that is one. */
  async findByEmail(email: string): Promise<UserInfo[]> {
    await this.movePeople(Number.POSITIVE_INFINITY)
    return this.#people.findByEmail(email)
  }

  putPerson(info: UserInfo): void {
    this.#people.put(info)
  }

  unlistPerson(id: string): void {
    this.#people.remove(id)
  }

  /** Where something went whose id has no place in it. */
  async locate(model: string, id: string): Promise<Place | undefined> {
    const located = await this.#legacy.locate(model, id)
    if (located?.moved) this.#people.put(located.moved)
    return located?.place
  }

  /** Moves the person of a login out of here, if they still are. */
  async moveLogin(login: string): Promise<void> {
    const moved = await this.#legacy.moveLogin(login)
    if (moved) this.#people.put(moved)
  }

  /** The same by id. */
  async movePerson(id: string): Promise<void> {
    const moved = await this.#legacy.movePerson(id)
    if (moved) this.#people.put(moved)
  }

  /** Moves some people out of here; answers whether there are more. */
  async movePeople(max: number): Promise<boolean> {
    for (let count = 0; count < max; count++) {
      const id = this.#legacy.next()
      if (id === undefined) return false
      const moved = await this.#legacy.movePerson(id)
      if (!moved) throw new Error(`the person ${id} cannot be moved`)
      this.#people.put(moved)
    }
    return true
  }

  listKeys(): SigningKeyInfo[] {
    return this.#keys.list()
  }

  async rotateKeys(options: { retainSeconds: number; immediately: boolean }): Promise<void> {
    await this.#withKeys((now) => this.#keys.rotate(now, options))
  }

  async maintainKeys(options: { maxAgeSeconds: number; retainSeconds: number }): Promise<void> {
    this.#registrations.purge(this.#object.now())
    await this.#withKeys((now) => this.#keys.maintain(now, options))
  }

  /** One at a time: two first requests must not make two first keys. */
  #withKeys<T>(use: (now: number) => Promise<T>): Promise<T> {
    return this.#object.alone(async () => {
      const now = this.#object.now()
      await this.#keys.prepare(now)
      return use(now)
    })
  }
}
