/**
 * The Durable Objects behind the authorization server. Each is one of five kinds, by its name: the
 * directory, a person, a login, a network of visitors, or a shelf. docs/authorization-server.md says
 * which request asks which of them.
 */

import { DurableObject } from 'cloudflare:workers'
import { Artifacts } from './artifacts.ts'
import { Attempts, storedAttempts } from './attempts.ts'
import { Directory } from './directory.ts'
import { Factors } from './factors.ts'
import type { NewHomes } from './legacy.ts'
import { Login } from './login.ts'
import type { ObjectContext } from './object-context.ts'
import { Person } from './person.ts'
import { kindOf, loginObject, type Place } from './places.ts'
import { hasTable } from './schema.ts'
import { SealedBox } from './sealed-box.ts'
import { Shelf } from './shelf.ts'
import { Visitors } from './visitors.ts'

/** What the objects read of their Worker's environment. */
export interface StorageEnv {
  ISSUER_STORAGE: DurableObjectNamespace<IssuerStorage>
  /** Encrypts the signing keys at rest; at least 32 characters. */
  ISSUER_KEY_SECRET?: string
}

/** The name of the directory, from the days when it was the only object. */
const DIRECTORY = 'issuer'
const PURGE_PAUSE_MS = 60_000
const MOVED_AT_ONCE = 50

// Take each of them anew in each request: a stub belongs to one.

export function directoryOf(env: StorageEnv) {
  return env.ISSUER_STORAGE.getByName(DIRECTORY).directory
}

export function personOf(env: StorageEnv, place: Place) {
  return env.ISSUER_STORAGE.getByName(objectName(place)).person
}

/** The same object, for signing in. */
export function factorsOf(env: StorageEnv, place: Place) {
  return env.ISSUER_STORAGE.getByName(objectName(place)).factors
}

export function loginOf(env: StorageEnv, login: string) {
  return env.ISSUER_STORAGE.getByName(loginObject(login)).login
}

export function visitorsOf(env: StorageEnv, place: Place) {
  return env.ISSUER_STORAGE.getByName(objectName(place)).visitors
}

export function shelfOf(env: StorageEnv, place: Place) {
  return env.ISSUER_STORAGE.getByName(objectName(place)).shelf
}

function objectName(place: Place): string {
  return `${kindOf(place)}:${place}`
}

export class IssuerStorage extends DurableObject<StorageEnv> {
  readonly #object: ObjectContext
  #directory: Directory | undefined
  #login: Login | undefined

  constructor(ctx: DurableObjectState, env: StorageEnv) {
    super(ctx, env)
    this.#object = {
      sql: ctx.storage.sql,
      now: nowSeconds,
      expireAt: (at) => this.#purgeAfter(at),
      alone: (use) => this.#alone(use),
      erase: async () => {
        await ctx.storage.deleteAlarm()
        await ctx.storage.deleteAll()
      },
    }
  }

  get directory(): Directory {
    const box = new SealedBox(this.env.ISSUER_KEY_SECRET)
    this.#directory ??= new Directory(this.#object, box, this.#homes())
    return this.#directory
  }

  get person(): Person {
    return new Person(this.#object)
  }

  get factors(): Factors {
    return new Factors(this.#object)
  }

  get login(): Login {
    this.#login ??= new Login(this.#object)
    return this.#login
  }

  get visitors(): Visitors {
    return new Visitors(this.#object)
  }

  get shelf(): Shelf {
    return new Shelf(this.#object)
  }

  /** Forgets what has ended, and moves people out of the directory that are still in it. */
  override async alarm(): Promise<void> {
    const { sql } = this.#object
    const now = nowSeconds()
    const isDirectory = hasTable(sql, 'clients')
    if (isDirectory) {
      if (await this.directory.movePeople(MOVED_AT_ONCE)) await this.#purgeAfter(now)
      return
    }
    const counts = hasTable(sql, 'attempts')
    if (counts) new Attempts(storedAttempts(sql)).reserve([], now)
    if (!hasTable(sql, 'artifacts')) return
    const artifacts = new Artifacts(sql)
    artifacts.purge(now)
    const next = [artifacts.nextExpiry(), counts ? nextAttemptExpiry(sql) : null]
    const times = next.filter((at) => at !== null)
    if (times.length > 0) await this.#purgeAfter(Math.min(...times))
    else if (!hasTable(sql, 'person')) await this.#object.erase()
  }

  /** What expired is never read; this only frees its space, at most once a minute. */
  async #purgeAfter(at: number | undefined): Promise<void> {
    if (at === undefined) return
    const wanted = Math.max(at * 1000, Date.now() + PURGE_PAUSE_MS)
    const planned = await this.ctx.storage.getAlarm()
    if (planned === null || planned > wanted) await this.ctx.storage.setAlarm(wanted)
  }

  async #alone<T>(use: () => Promise<T>): Promise<T> {
    // Thrown in there, an error would reset the whole object.
    const settled = await this.ctx.blockConcurrencyWhile(() => Promise.allSettled([use()]))
    const [result] = settled
    if (result.status === 'rejected') throw result.reason
    return result.value
  }

  #homes(): NewHomes {
    const { env } = this
    return {
      login: (login) => loginOf(env, login),
      person: (place) => personOf(env, place),
      client: (place) => shelfOf(env, place),
    }
  }
}

function nextAttemptExpiry(sql: SqlStorage): number | null {
  return sql.exec<{ next: number | null }>('SELECT MIN(expires_at) AS next FROM attempts').one()
    .next
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
