/**
 * What a gateway and its state Worker have agreed on: read by the features that ask, and by src/state,
 * which answers. The two are deployed one after the other, so every call names the version it speaks.
 */

/**
 * The version of the contract. State serves this one and the one before. A release that adds, changes or
 * removes an operation adds one.
 */
export const STATE_CONTRACT = 2

/** What can be asked of every state Worker. A feature's own operations are declared by its room. */
export interface StateOperations {
  /** The versions of the contract that are served, newest first. The one call that names none. */
  serves(): Promise<number[]>
  /**
   * Takes the next whole number under a name, beginning with 1. Nobody else gets the same one.
   * @throws RangeError where `contract` is not served; it says which side to deploy
   */
  takeNumber(contract: number, name: string): Promise<number>
}
