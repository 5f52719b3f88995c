/** Makes API keys and gives them new secrets. No I/O: what comes out is printed once, and kept as a hash. */

import { newKeyId, newKeySecret, writeKeyText } from './key-text.ts'
import { hashOfKey, type KeyDetails, type StoredKey } from './stored-key.ts'

export interface IssuedKey {
  /** The key itself, for its owner. It cannot be told from what is kept. */
  readonly text: string
  readonly stored: StoredKey
}

/** `now` in Unix seconds. */
export async function issueKey(details: KeyDetails, now: number): Promise<IssuedKey> {
  const shown = { id: newKeyId(), secret: newKeySecret() }
  const hash = await hashOfKey(shown)
  return {
    text: writeKeyText(shown),
    stored: { version: 1, id: shown.id, hash, ...details, created: now },
  }
}

/**
 * The same key with another secret. The one it has now is good for `overlapSeconds` more; one that was replaced
 * before ends here. `now` in Unix seconds.
 */
export async function rotateKey(
  key: StoredKey,
  overlapSeconds: number,
  now: number,
): Promise<IssuedKey> {
  const shown = { id: key.id, secret: newKeySecret() }
  const { previous: _, ...kept } = key
  const previous = { hash: key.hash, until: now + overlapSeconds }
  return {
    text: writeKeyText(shown),
    stored: {
      ...kept,
      hash: await hashOfKey(shown),
      rotated: now,
      ...(overlapSeconds > 0 && { previous }),
    },
  }
}
