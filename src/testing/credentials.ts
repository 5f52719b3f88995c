/** What callers of a test show: tokens, API keys, signed links and sessions, each for an entry of `schemes`. */

import type { SchemeFeature } from '../auth/feature.ts'
import { issueKey } from '../auth/key/issue.ts'
import { nameOfKey, writeStoredKey } from '../auth/key/stored-key.ts'
import type { LinkOptions } from '../auth/link/options.ts'
import { signLink } from '../auth/link/sign.ts'
import type { Scheme } from '../auth/scheme.ts'
import type { GatewayConfig } from '../config/define.ts'
import type { Store } from '../lib/kv.ts'
import type { Issuer } from './issuer.ts'
import { signIn } from './sign-in.ts'

/** Made by a {@link Credentials}; shown with every request that it is given to. */
export interface Credential {
  /** Adds headers, and answers the URL, which may become another. */
  show(url: string, headers: Headers): string | Promise<string>
}

export interface KeyRights {
  /** Default `somebody`. */
  readonly owner?: string
  readonly scopes?: readonly string[]
  readonly roles?: readonly string[]
}

export interface LinkTerms {
  /** Default: as long as the entry allows. */
  readonly ttlSeconds?: number
  /** Signs everything below the path too. Default false. */
  readonly prefix?: boolean
  readonly user?: string
}

/** Each throws a TypeError where the entry is of another kind, or the file has none of this name. */
export interface Credentials {
  /**
   * An access token of the entry's issuer: for its audience, of the subject `somebody`, without rights, good for 300
   * seconds. `claims` are set over its own: `{ sub: 'ada', scope: 'orders:read', exp: 0 }`; `undefined` leaves one out.
   */
  token(entry: string, claims?: Readonly<Record<string, unknown>>): Promise<Credential>
  /** An API key in the namespace STORE of the test. Default: without rights. */
  apiKey(entry: string, rights?: KeyRights): Promise<Credential>
  /** Signs the URL of each request now, and shows it as a link. */
  signedLink(entry: string, terms?: LinkTerms): Credential
  /** A person who has signed in, with a browser that is on a page of the gateway's own. `claims` as of a token. */
  session(entry: string, claims?: Readonly<Record<string, unknown>>): Promise<Credential>
}

export interface CredentialWorld {
  readonly config: GatewayConfig
  readonly schemes: ReadonlyMap<string, Scheme>
  readonly issuer: Issuer
  readonly store: Store
  readonly origin: string
  readonly send: (request: Request) => Promise<Response>
  /** Unix seconds. */
  readonly now: () => number
}

export function createCredentials(world: CredentialWorld): Credentials {
  const { config, schemes, issuer, store, origin, send, now } = world

  function entryOf(name: string): SchemeFeature {
    const feature = config.schemes[name]
    if (feature) return feature
    const known = Object.keys(config.schemes).join(', ')
    throw new TypeError(`There is no entry ${name} in schemes. There is ${known}`)
  }

  function oauthOf(name: string) {
    const { oauth } = entryOf(name)
    if (oauth) return oauth
    throw new TypeError(`schemes.${name} takes no tokens of an issuer`)
  }

  /** The header that an entry reads first. */
  function headerOf(name: string): string {
    const [place] = schemes.get(name)?.withholds ?? []
    return place && 'header' in place ? place.header : 'authorization'
  }

  return {
    async token(entry, claims = {}) {
      const token = await issuer.mint(oauthOf(entry), claims)
      return shownIn(headerOf(entry), token)
    },

    async apiKey(entry, { owner = 'somebody', scopes = [], roles = [] } = {}) {
      const feature = entryOf(entry)
      if (feature.oauth || feature.of !== undefined || 'links' in feature) {
        throw new TypeError(`schemes.${entry} takes no API keys`)
      }
      const details = { owner, scopes: [...scopes], roles: [...roles] }
      const { text, stored } = await issueKey(details, now())
      await store.put(await nameOfKey(stored.id), writeStoredKey(stored), { expirationTtl: 0 })
      return shownIn(headerOf(entry), text)
    },

    signedLink(entry, terms = {}) {
      const feature = entryOf(entry)
      if (!('links' in feature)) throw new TypeError(`schemes.${entry} takes no signed links`)
      const options = feature.links as LinkOptions
      return {
        async show(url, headers) {
          const signed = await signLink(url, options, { ...terms, now: now() })
          if (!options.from || 'query' in options.from) return signed.url
          return shownIn(options.from.header, signed.token).show(url, headers)
        },
      }
    },

    async session(entry, claims = {}) {
      const { of } = entryOf(entry)
      const loginAt = schemes.get(entry)?.loginAt
      if (of === undefined || !loginAt) throw new TypeError(`schemes.${entry} has no sessions`)
      const login = { oauth: oauthOf(of), claims }
      const start = origin + loginAt('/')
      return shownIn('cookie', await signIn({ start, login, tokens: issuer.tokens, send }))
    },
  }
}

/** The value of a header, where a program has it for itself alone or a browser brings it along. */
function shownIn(header: string, value: string): Credential {
  return {
    show(url, headers) {
      const isBearer = header === 'authorization'
      headers.set(header, isBearer ? `Bearer ${value}` : value)
      // A browser may be behind a cookie, and behind the header of an access proxy: on a page of the gateway's own.
      if (!isBearer && !headers.has('sec-fetch-site')) headers.set('sec-fetch-site', 'same-origin')
      return url
    },
  }
}
