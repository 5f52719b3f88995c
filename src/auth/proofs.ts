/**
 * Tokens whose signature this isolate has checked. A proof says which key signed which claims, never
 * that the token is good: every other check runs on every request.
 */

import type { VerificationKey } from './jwk.ts'
import type { Principal } from './principal.ts'

export const MAX_PROOFS = 1_000
/** Of token text, over all proofs of one issuer entry. Claims add about as much again. */
export const MAX_PROOF_BYTES = 4_194_304

export interface Proof {
  readonly key: VerificationKey
  readonly algorithm: string
  readonly principal: Principal
}

export interface ProofCache {
  get(token: string): Proof | undefined
  set(token: string, proof: Proof): void
  delete(token: string): void
  readonly size: number
}

/**
 * A cache of one issuer entry, keyed by the exact token. When it is full, half of it (what was not used
 * since the last time) goes at once: looking up costs one or two map reads and never reorders.
 */
export function createProofCache(): ProofCache {
  let young = new Map<string, Proof>()
  let old = new Map<string, Proof>()
  let youngBytes = 0

  function set(token: string, proof: Proof): void {
    const isFull = young.size >= MAX_PROOFS / 2 || youngBytes + token.length > MAX_PROOF_BYTES / 2
    if (isFull) {
      old = young
      young = new Map()
      youngBytes = 0
    }
    young.set(token, proof)
    youngBytes += token.length
  }

  return {
    get(token) {
      const proof = young.get(token)
      if (proof) return proof
      const older = old.get(token)
      if (!older) return undefined
      old.delete(token)
      set(token, older)
      return older
    },
    set,
    delete(token) {
      if (young.delete(token)) youngBytes -= token.length
      old.delete(token)
    },
    get size() {
      return young.size + old.size
    },
  }
}
