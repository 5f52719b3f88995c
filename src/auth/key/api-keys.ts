/** Keys that the owner of the gateway gives out, kept as hashes in KV: `npm run api-key` makes them. */

import { timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import { encodeUtf8 } from '../../lib/bytes.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { reportIssues, textLike } from '../../options/schemas.ts'
import type { Extras, House, SchemeFeature } from '../feature.ts'
import type { Principal } from '../principal.ts'
import type { Evidence, Inbound, Place, Scheme } from '../scheme.ts'
import { readKeyText } from './key-text.ts'
import { createKeyring, type KeyStore } from './keyring.ts'
import { hashOfKey, type StoredKey } from './stored-key.ts'

export interface ApiKeysOptions {
  /** The KV namespace that the keys are in: `env.STORE`. Who can write it can make keys. */
  store: KeyStore
  /**
   * The header that has the key, in lower case. `Authorization: ApiKey <key>` is read too. Default `x-api-key`.
   * No origin gets to see either, on any route.
   */
  header?: string
}

const NOT_BOUND =
  'is not bound. Add [[kv_namespaces]] with binding = "STORE" to wrangler.toml, and write store: env.STORE'

const store = v.pipe(
  v.optional(v.unknown(), () => undefined),
  v.check(
    (value) => typeof Object(value).get === 'function',
    ({ input }) =>
      input === undefined ? NOT_BOUND : 'must be a KV namespace, for example store: env.STORE',
  ),
)

const header = textLike("'x-api-key'", (name) => {
  if (/^authorization$/i.test(name)) {
    return "must not be authorization, where 'ApiKey <key>' is always read, and 'Bearer <token>' is a token. Take header out"
  }
  if (/^(?:cookie|host|content-.*|x-auth-.*|x-forwarded-.*|cf-.*|proxy-.*)$/i.test(name)) {
    return "must be a header of its own, for example 'x-api-key': this one has another meaning"
  }
  if (/^[a-z][a-z0-9-]*$/.test(name)) return undefined
  return "must be the name of one header in lower case, of letters, digits and '-', for example 'x-api-key'"
})

const schema = optionsSchema<ApiKeysOptions>(
  { store, header: v.exactOptional(header) },
  {
    example: 'apiKeys({ store: env.STORE })',
    otherNames: {
      kv: 'store',
      namespace: 'store',
      headerName: 'header',
      name: 'header',
      keys: 'Keys are made with "npm run api-key -- create", not written here',
      query: 'A key in an address is logged and shared too easily. Send it in a header',
    },
  },
)

/** Your own API keys. Each has an owner, scopes, roles and, if you want, an expiry. */
export function apiKeys(options: ApiKeysOptions): SchemeFeature {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },
    compile: (name, house) => keyScheme(name, options, house),
  }
}

const AUTHORIZATION: Place = { header: 'authorization' }
/** RFC 9110 section 11.4: the scheme in any case. */
const API_KEY = /^apikey(?: +(.*))?$/i

function keyScheme(
  name: string,
  { store, header = 'x-api-key' }: ApiKeysOptions,
  { now }: House,
): Scheme & Extras {
  const keyring = createKeyring(store, now)
  const own: Place = { header }
  const principals = new WeakMap<StoredKey, Principal>()

  /** One object for all requests with a key, so that what is prepared for it is prepared once. */
  function principalOf(key: StoredKey): Principal {
    const known = principals.get(key)
    if (known) return known
    const fresh = toPrincipal(key, name)
    principals.set(key, fresh)
    return fresh
  }

  return {
    name,
    withholds: [own, AUTHORIZATION],
    find: (inbound) => findKey(inbound, own),

    async verify({ value }, _inbound, scope) {
      const shown = readKeyText(value)
      if (!shown) throw refused('what was sent is no key: another form, or a wrong checksum')
      // A key that nobody has is hashed and compared like one with another secret.
      const [hash, found] = await Promise.all([hashOfKey(shown), keyring.find(shown.id, scope)])
      const isOther = endOf(hash, found) === undefined && found !== undefined
      const key = isOther ? await keyring.findNewer(shown.id, scope) : found
      if (!key) throw refused('no key has the id: it was never made, or was revoked')
      const end = endOf(hash, key)
      if (end === undefined) throw refused(`the secret is not that of the key ${key.id}`)
      if (now() >= end.at) throw refused(`the key ${key.id} ${end.why}`)
      const principal = principalOf(key)
      const endsEarlier = end.at < principal.expiresAt
      return { principal: endsEarlier ? { ...principal, expiresAt: end.at } : principal }
    },

    challenge(error) {
      if (error && error.status !== 401) return undefined
      return `ApiKey header="${header}"${error ? `, error="${error.code}"` : ''}`
    },

    fields({ principals: callers }) {
      const key = callers.find(({ scheme }) => scheme === name)
      return key ? { keyId: String(key.claims.jti) } : {}
    },
  }
}

function findKey({ request: { headers } }: Inbound, own: Place & { header: string }) {
  const inOwn = headers.get(own.header) || undefined
  const [isThere, credential = ''] = API_KEY.exec(headers.get('authorization') ?? '') ?? []
  const inAuthorization = isThere === undefined ? undefined : credential
  const value = inOwn ?? inAuthorization
  if (value === undefined) return undefined
  // Several lines of a header arrive as one with commas (RFC 9110 section 5.2).
  const isOne = inOwn === undefined || inAuthorization === undefined || inOwn === inAuthorization
  if (!isOne || value.includes(',')) {
    throw new GatewayError('multiple_credentials', { reason: 'several keys were sent' })
  }
  const place = inOwn === undefined ? AUTHORIZATION : own
  return { value, place, ambient: false } satisfies Evidence
}

const NO_HASH = '-'.repeat(43)

/** When a secret is no longer good, and why; undefined for one that is none of the key's. */
function endOf(hash: string, key: StoredKey | undefined) {
  const isCurrent = isSame(hash, key?.hash)
  const isPrevious = isSame(hash, key?.previous?.hash)
  const expires = { at: key?.expires ?? Infinity, why: 'has expired' }
  if (isCurrent) return expires
  const rotated = { at: key?.previous?.until ?? 0, why: 'was rotated, and this is its old secret' }
  if (isPrevious) return rotated.at < expires.at ? rotated : expires
  return undefined
}

function isSame(hash: string, kept = NO_HASH): boolean {
  return timingSafeEqual(encodeUtf8(hash), encodeUtf8(kept))
}

/** Claims are what an origin may see: all that is kept of a key but its hashes. */
function toPrincipal(key: StoredKey, scheme: string): Principal {
  const { id, owner, scopes, roles, created, expires } = key
  const issuer = `urn:gatehouse:${scheme}`
  const claims = {
    iss: issuer,
    sub: owner,
    jti: id,
    iat: created,
    ...(expires !== undefined && { exp: expires }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(roles.length > 0 && { roles }),
  }
  return {
    kind: 'key',
    subject: owner,
    issuer,
    scheme,
    scopes: new Set(scopes),
    roles,
    claims,
    expiresAt: expires ?? Infinity,
  }
}

function refused(reason: string): GatewayError {
  return new GatewayError('api_key_invalid', { reason })
}
