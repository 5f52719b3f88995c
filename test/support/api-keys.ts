// A gateway that takes API keys, and a store that some are in.

import { apiKeys } from '../../src/auth/key/api-keys.ts'
import { type IssuedKey, issueKey } from '../../src/auth/key/issue.ts'
import { type KeyDetails, nameOfKey, writeStoredKey } from '../../src/auth/key/stored-key.ts'
import {
  createMemoryStore,
  createTestGateway,
  type MemoryStore,
  ORIGIN,
  START,
  type TestGateway,
  type TestGatewayOptions,
} from './gateway.ts'

export const OWNER = 'acme'

export interface KeyWorld extends TestGateway {
  /** Where the keys are. */
  keys: MemoryStore
  /** A key that is good. */
  key: IssuedKey
  /** Puts a key into the store, as it is after `npm run api-key`. */
  keep(stored: IssuedKey['stored']): Promise<void>
  sendKey(text: string, target?: string, init?: RequestInit): Promise<Response>
}

export async function createKeyWorld(
  details: Partial<KeyDetails> = {},
  options: TestGatewayOptions = {},
): Promise<KeyWorld> {
  const keys = createMemoryStore()
  const keep: KeyWorld['keep'] = async (stored) =>
    void keys.entries.set(await nameOfKey(stored.id), writeStoredKey(stored))
  const key = await issueKey({ owner: OWNER, scopes: [], roles: [], ...details }, START)
  await keep(key.stored)
  const gateway = await createTestGateway({
    routes: [{ path: '/*', to: ORIGIN }],
    ...options,
    config: { schemes: { keys: apiKeys({ store: keys }) }, ...options.config },
  })
  return {
    ...gateway,
    keys,
    key,
    keep,
    sendKey: (text, target = '/', init = {}) => {
      const headers = new Headers(init.headers)
      headers.set('x-api-key', text)
      return gateway.send(target, { ...init, headers })
    },
  }
}
