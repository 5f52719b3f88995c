// The keys of the tour. Public knowledge, good on one machine only.

import { type KeyText, writeKeyText } from '../../src/auth/key/key-text.ts'
import { hashOfKey, nameOfKey, writeStoredKey } from '../../src/auth/key/stored-key.ts'

const GOOD: KeyText = { id: 'tourtourtourtour', secret: 'demoKeyOnThisMachineOnly00000000' }
const GONE: KeyText = { id: 'revokedrevoked00', secret: 'demoKeyOnThisMachineOnly00000000' }

export const GOOD_KEY = writeKeyText(GOOD)
/** Of a key that was taken back there is nothing left. */
export const REVOKED_KEY = writeKeyText(GONE)

/** What `npm run assertion-key` prints. */
export const DEMO_ASSERTION_KEY =
  '{"kty":"EC","x":"p8wxrZFYt3iupYvK5Kr2wnHcDSZcGs5nxzuNp_81PYI","y":"mWjHJ9E_x_fw61DDNYhoiEK1JXIRlCdHKPxtGGt8w5Q","crv":"P-256","d":"ac5vZ--850TIa1sWCjVfq9k5uomD-4Jo2Nntt6f7rhc","kid":"demo","alg":"ES256","use":"sig"}'

/** Does what `npm run api-key -- create` does. */
export async function keepGoodKey(store: KVNamespace): Promise<void> {
  const stored = {
    version: 1 as const,
    id: GOOD.id,
    hash: await hashOfKey(GOOD),
    owner: 'warehouse',
    scopes: ['stock:read'],
    roles: [],
    created: Math.floor(Date.now() / 1_000),
  }
  await store.put(await nameOfKey(GOOD.id), writeStoredKey(stored))
}
