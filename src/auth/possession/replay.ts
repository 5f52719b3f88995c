/** Whether a DPoP proof is new. The memory is in the state Worker; where it cannot be asked there is no verdict. */

import { GatewayError } from '../../errors.ts'
import type { Scope } from '../../lib/scope.ts'
import { within } from '../../lib/within.ts'
import { type StateBinding, stateOf } from '../../options/state.ts'
import { STATE_CONTRACT } from '../../options/state-contract.ts'

/** What the state Worker does for DPoP. */
export interface ProofOperations {
  /**
   * Remembers a proof for so many seconds, at least. False where it is remembered already, by whichever gateway.
   * `key` is the thumbprint of the client's key, `proof` a hash.
   * @throws RangeError where `contract` is not served, or the key has too many proofs at once
   */
  takeProof(contract: number, key: string, proof: string, seconds: number): Promise<boolean>
}

const RETRY_SECONDS = 5

export interface ProofMemory {
  /** The same as {@link ProofOperations.takeProof}. Throws `issuer_unavailable` where nothing can be said. */
  take(key: string, proof: string, seconds: number, scope: Scope): Promise<boolean>
}

export function createProofMemory(state: StateBinding): ProofMemory {
  const memory = stateOf<ProofOperations>(state)
  return {
    async take(key, proof, seconds, scope) {
      try {
        const call = () => memory.takeProof(STATE_CONTRACT, key, proof, seconds)
        const isNew: unknown = await within(call, scope.deadline())
        if (typeof isNew === 'boolean') return isNew
        throw new TypeError('it answered something else than yes or no')
      } catch (cause) {
        const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : 'no error'
        const reason = `the memory of DPoP proofs (state) gave no verdict: ${why}`
        throw new GatewayError('issuer_unavailable', {
          reason,
          retryAfterSeconds: RETRY_SECONDS,
          cause,
        })
      }
    },
  }
}
