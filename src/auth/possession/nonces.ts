/**
 * Nonces for DPoP proofs (RFC 9449 section 9): a client cannot make proofs ahead of time, for a time at which it has
 * its key no longer. Nothing is kept: a nonce is the MAC of the time at which it was given out, the same in every
 * isolate that has the key.
 */

import { encodeBase64url } from '../../lib/bytes.ts'
import { createLinkKey } from '../link/key.ts'

export interface Nonces {
  /** The one to use now. */
  current(): Promise<string>
  /** Whether a proof may have this one. */
  takes(nonce: unknown): Promise<boolean>
}

/** A new one every `rotationSeconds`; the one before is taken too. `now` in Unix seconds. */
export function createNonces(secret: string, rotationSeconds: number, now: () => number): Nonces {
  const key = createLinkKey(secret)
  const made = new Map<number, string>()

  async function nonceOf(slot: number): Promise<string> {
    const known = made.get(slot)
    if (known !== undefined) return known
    const nonce = encodeBase64url(
      await key.sign(`gatehouse-dpop-nonce-1:${rotationSeconds}:${slot}`),
    )
    // This one, the one before, and none that is older.
    for (const other of made.keys()) if (Math.abs(other - slot) > 1) made.delete(other)
    made.set(slot, nonce)
    return nonce
  }

  const slotNow = () => Math.floor(now() / rotationSeconds)
  return {
    current: () => nonceOf(slotNow()),
    async takes(nonce) {
      const slot = slotNow()
      return nonce === (await nonceOf(slot)) || nonce === (await nonceOf(slot - 1))
    },
  }
}
