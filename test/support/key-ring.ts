// The keys of a test issuer over time: which sign, which are published, which were withdrawn.
// Keys are made when first needed: an RSA pair costs a tenth of a second.

import { createTestKey, type TestAlg, type TestKey } from './signing-keys.ts'

export interface KeyRing {
  /**
   * A key to sign with: the current one of an algorithm (default: the first), an older one by its
   * kid, or `foreign`, one that is never published.
   */
  signer(alg?: TestAlg, key?: string): Promise<TestKey>
  /** The published key set. */
  jwks(): Promise<{ keys: TestKey['jwk'][] }>
  /** A new key per algorithm signs from now on; the old ones leave the set unless `overlap`. */
  rotate(options?: { overlap?: boolean }): Promise<void>
  /** Takes one key out of the set, by its kid; it can still sign. */
  withdraw(kid: string): void
}

export function createKeyRing(algs: [TestAlg, ...TestAlg[]]): KeyRing {
  const keys = new Map<string, TestKey>()
  const signers = new Map<TestAlg, TestKey>()
  const published = new Set<string>()
  let first: Promise<void> | undefined
  let foreign: TestKey | undefined

  async function addKeys(): Promise<void> {
    for (const key of await Promise.all(algs.map(createTestKey))) {
      keys.set(key.kid, key)
      signers.set(key.alg, key)
      published.add(key.kid)
    }
  }

  function filled(): Promise<void> {
    first ??= addKeys()
    return first
  }

  return {
    async signer(alg = algs[0], key) {
      await filled()
      if (key === 'foreign') {
        if (foreign?.alg !== alg) foreign = await createTestKey(alg)
        return foreign
      }
      const found = key === undefined ? signers.get(alg) : keys.get(key)
      if (!found) throw new Error(`test issuer: no key ${key ?? alg}; name its algorithm in algs`)
      return found
    },
    async jwks() {
      await filled()
      const current = [...keys.values()].filter(({ kid }) => published.has(kid))
      return { keys: current.map(({ jwk }) => jwk) }
    },
    async rotate({ overlap = false } = {}) {
      await filled()
      if (!overlap) published.clear()
      await addKeys()
    },
    withdraw(kid) {
      published.delete(kid)
    },
  }
}
