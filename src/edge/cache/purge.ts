/** A handler that makes stored answers unreachable by their tag, for whoever has the operator's key. */

import * as v from 'valibot'
import { isSameKey } from '../../auth/operator.ts'
import { operatorKey as keySchema } from '../../options/secret.ts'
import { raise, type TagStore } from './tags.ts'

export interface PurgeOptions {
  /** The namespace that the routes with these tags were given. */
  readonly store: TagStore
  /** The secret that callers send in `X-Operator-Key`. Undefined: nobody can purge, and every request is 404. */
  readonly operatorKey: string | undefined
}

const TAG = /^[\w.-]{1,64}$/

/**
 * The `to` of a route: `POST ?tag=catalogue` answers 204 when the purge is noted. Answers with the tag are given for
 * up to 60 seconds more, or for as long as KV takes to show the change there, where that is longer. Throws a TypeError
 * where the key can be guessed.
 */
export function purge({
  store,
  operatorKey,
}: PurgeOptions): (request: Request) => Promise<Response> {
  const { success, issues } = v.safeParse(keySchema, operatorKey)
  // A handler has no check of its options: the whole file is refused where it is made.
  if (operatorKey && !success) {
    throw new TypeError(`purge: operatorKey ${issues[0].message}`)
  }
  return async (request) => {
    if (!operatorKey) return refused(404)
    if (request.method !== 'POST') return refused(405, { allow: 'POST' })
    if (!isSameKey(request.headers.get('x-operator-key') ?? '', operatorKey)) return refused(403)
    const tags = new URL(request.url).searchParams.getAll('tag')
    if (tags.length === 0 || !tags.every((tag) => TAG.test(tag))) return refused(400)
    await Promise.all(tags.map((tag) => raise(store, tag)))
    return new Response(null, { status: 204 })
  }
}

function refused(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store', ...headers } })
}
