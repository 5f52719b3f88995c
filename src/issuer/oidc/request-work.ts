/**
 * One request's dealings with the objects. What it reads is read once; what it changes is written at
 * its end, in one step for each object, when the answer stands. So a token request that fails uses
 * nothing up, and one that succeeds has asked its person's object twice.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Middleware } from 'oidc-provider/lib/provider.js'
import type { Artifact, Change, Column, StoredArtifact } from '../storage/artifacts.ts'
import type { Opened } from '../storage/opened.ts'
import { type Place, placeOfPerson } from '../storage/places.ts'
import type { UserInfo } from '../storage/user-info.ts'
import { unavailable } from './unavailable.ts'

/** The objects, as a request reaches them. */
export interface Objects {
  open(place: Place, model: string, column: Column, value: string): Promise<Opened>
  commit(place: Place, changes: Change[]): Promise<boolean>
  person(place: Place): Promise<UserInfo | undefined>
}

const running = new AsyncLocalStorage<RequestWork>()

/** The work of the request that is being answered. */
export function currentWork(): RequestWork {
  const work = running.getStore()
  if (!work) throw new Error('there is no request')
  return work
}

/** Gives each request its work, and ends it: the outermost middleware. */
export function requestWork(objects: Objects): Middleware {
  return async (ctx, next) => {
    const work = new RequestWork(ctx, objects)
    await running.run(work, next)
    const isTokenRequest = ctx.oidc?.route === 'token'
    const failed = ctx.status >= (isTokenRequest ? 400 : 500)
    if (failed) work.keepOnlyRevocations()
    try {
      if (await work.finish()) return
      // Somebody else was faster: the answer that was prepared is not theirs to have.
      ctx.status = 400
      ctx.body = isTokenRequest
        ? { error: 'invalid_grant', error_description: 'grant request is invalid' }
        : { error: 'invalid_request', error_description: 'it was used before' }
    } catch (error) {
      console.error('issuer: storage is unavailable', error)
      ctx.status = 503
      ctx.set('retry-after', '10')
      ctx.body = { error: 'temporarily_unavailable', error_description: 'try again later' }
    }
    ctx.response.remove('set-cookie')
    ctx.response.remove('location')
  }
}

export class RequestWork {
  readonly ctx: Context
  readonly #objects: Objects
  readonly #found = new Map<string, StoredArtifact | undefined>()
  readonly #people = new Map<Place, UserInfo | undefined>()
  readonly #changes = new Map<Place, Change[]>()

  constructor(ctx: Context, objects: Objects) {
    this.ctx = ctx
    this.#objects = objects
  }

  async find(
    place: Place,
    model: string,
    column: Column,
    value: string,
  ): Promise<StoredArtifact | undefined> {
    const key = keyOf(model, column, value)
    if (this.#found.has(key)) return this.#found.get(key)
    const opened = await unavailable(this.#objects.open(place, model, column, value))
    this.#found.set(key, opened.found)
    if (opened.found) this.#found.set(keyOf(model, 'id', opened.found.id), opened.found)
    for (const grant of opened.grants) this.#found.set(keyOf('Grant', 'id', grant.id), grant)
    this.#people.set(place, opened.person)
    return opened.found
  }

  /** The person behind a `sub`; undefined where they are unknown or disabled. */
  async findPerson(id: string): Promise<UserInfo | undefined> {
    const place = placeOfPerson(id)
    if (place === undefined) return undefined
    if (!this.#people.has(place)) {
      this.#people.set(place, await unavailable(this.#objects.person(place)))
    }
    return this.#people.get(place)
  }

  save(place: Place, artifact: Artifact): void {
    const { model, id, payload, grantId = null } = artifact
    this.#found.set(keyOf(model, 'id', id), { id, payload, grantId, consumedAt: null })
    this.#add(place, { do: 'save', artifact })
  }

  use(place: Place, model: string, id: string, graceSeconds: number): void {
    this.#add(place, { do: 'use', model, id, graceSeconds })
  }

  destroy(place: Place, model: string, id: string): void {
    this.#found.set(keyOf(model, 'id', id), undefined)
    this.#add(place, { do: 'destroy', model, id })
  }

  revoke(place: Place, model: string, grantId: string): void {
    this.#add(place, { do: 'revoke', model, grantId })
  }

  /** The request failed: what it wanted to keep or use up is as if it had not been. */
  keepOnlyRevocations(): void {
    for (const [place, changes] of this.#changes) {
      const kept = changes.filter((change) => change.do === 'destroy' || change.do === 'revoke')
      this.#changes.set(place, kept)
    }
  }

  /** Writes everything; answers false where something was used before, and then nothing after it. */
  async finish(): Promise<boolean> {
    const uses = (changes: Change[]) => changes.some((change) => change.do === 'use')
    const ordered = [...this.#changes].sort(([, a], [, b]) => Number(uses(b)) - Number(uses(a)))
    this.#changes.clear()
    for (const [place, changes] of ordered) {
      if (changes.length > 0 && !(await this.#objects.commit(place, changes))) return false
    }
    return true
  }

  #add(place: Place, change: Change): void {
    const changes = this.#changes.get(place) ?? []
    changes.push(change)
    this.#changes.set(place, changes)
  }
}

function keyOf(model: string, column: Column, value: string): string {
  return `${model}/${column}/${value}`
}
