/** Where explain gets keys from: a file, what this machine has, or the issuers. Nothing is written anywhere. */

import type { GatewayConfig } from '../../config/define.ts'
import type { Fetch } from '../../lib/fetch.ts'
import type { Store } from '../../lib/kv.ts'
import { isObject } from '../../lib/strict-json.ts'
import { isLocalhost } from '../../lib/url.ts'

export interface KeyOptions {
  /** The text of a key set (RFC 7517), for every issuer. */
  readonly document: string | undefined
  /** The KV namespace of `npm start`. */
  readonly store: Pick<Store, 'get'> | undefined
  /** Whether issuers elsewhere than on this machine may be asked. */
  readonly network: boolean
  /** Unix seconds. */
  readonly now: () => number
  readonly fetch: Fetch
}

export interface Keys {
  readonly fetch: Fetch
  readonly store: Store | undefined
  /** Where keys came from, in words. */
  readonly sources: ReadonlySet<string>
}

export const NOT_ASKED = 'not asked: add --network, or --keys FILE with a key set'

export function keysFor(schemes: GatewayConfig['schemes'], options: KeyOptions): Keys {
  const { document, store, network, now, fetch } = options
  const sources = new Set<string>()
  const issuers = Object.values(schemes).flatMap(({ oauth }) =>
    oauth ? [oauth.issuer, ...(oauth.issuers ?? [])] : [],
  )
  return {
    sources,
    store: document === undefined && store ? timeless(store, now, sources) : undefined,
    async fetch(request) {
      if (document !== undefined && request.method === 'GET') {
        sources.add('the file of --keys')
        return fromFile(request.url, issuers, document)
      }
      const { hostname, origin } = new URL(request.url)
      if (!network && !isLocalhost(hostname)) throw new Error(NOT_ASKED)
      const response = await fetch(request)
      sources.add(origin)
      return response
    },
  }
}

/** Discovery is answered as well, as nobody has to have its document. */
function fromFile(url: string, issuers: readonly string[], document: string): Response {
  const path = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)/
  if (!path.test(url)) return new Response(document)
  const asked = url.replace(path, '')
  const isSame = (issuer: string) => issuer.replace(/\/$/, '') === asked.replace(/\/$/, '')
  const issuer = issuers.find(isSame) ?? asked
  return Response.json({ issuer, jwks_uri: `${new URL(url).origin}/jwks` })
}

/** A stored key set is as old as it is now, whatever time is asked about. Nothing is stored. */
function timeless(store: Pick<Store, 'get'>, now: () => number, sources: Set<string>): Store {
  return {
    async get(name) {
      const text = await store.get(name)
      if (text === null) return null
      const entry: unknown = JSON.parse(text)
      if (!isObject(entry) || !('fetchedAt' in entry)) return text
      sources.add('the KV namespace of npm start')
      return JSON.stringify({ ...entry, fetchedAt: now(), discoveredAt: now() })
    },
    put: async () => {},
  }
}
