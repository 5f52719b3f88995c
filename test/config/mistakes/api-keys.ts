// The options of apiKeys.

import { inApiKeys, type Mistake } from './mistake.ts'

const inOptions = (name: string, options: string, ...messages: string[]) =>
  inApiKeys(name, `apiKeys({ ${options} })`, ...messages)

export const API_KEYS: readonly Mistake[] = [
  inOptions(
    'no store of keys',
    '',
    'schemes.keys.store: is not bound. Add [[kv_namespaces]] with binding = "STORE" to wrangler.toml, and write store: env.STORE',
  ),
  inOptions(
    'a store of keys that is not bound',
    'store: env.KEYS',
    'schemes.keys.store: is not bound. Add [[kv_namespaces]] with binding = "STORE" to wrangler.toml, and write store: env.STORE',
  ),
  inOptions(
    'the name of a store of keys',
    "store: 'STORE'",
    'schemes.keys.store: must be a KV namespace, for example store: env.STORE',
  ),
  inOptions(
    'keys in Authorization',
    "store: env.STORE, header: 'authorization'",
    "schemes.keys.header: must not be authorization, where 'ApiKey <key>' is always read, and 'Bearer <token>' is a token. Take header out",
  ),
  inOptions(
    'keys in a header in upper case',
    "store: env.STORE, header: 'X-API-Key'",
    "schemes.keys.header: must be the name of one header in lower case, of letters, digits and '-', for example 'x-api-key'",
  ),
  inOptions(
    'keys in a header that has another meaning',
    "store: env.STORE, header: 'x-auth-key'",
    "schemes.keys.header: must be a header of its own, for example 'x-api-key': this one has another meaning",
  ),
  inOptions(
    'keys in the address',
    "store: env.STORE, query: 'api_key'",
    'schemes.keys.query: is not an option. A key in an address is logged and shared too easily. Send it in a header',
  ),
  inOptions(
    'keys in the file',
    "store: env.STORE, keys: ['not-for-any-message']",
    'schemes.keys.keys: is not an option. Keys are made with "npm run api-key -- create", not written here',
  ),
  inApiKeys(
    'the namespace itself in place of options',
    'apiKeys(env.STORE)',
    'schemes.keys: is something else. Write options, for example apiKeys({ store: env.STORE })',
  ),
]
