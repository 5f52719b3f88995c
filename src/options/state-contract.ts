/**
 * What a gateway and its state Worker have agreed on: read by the features that ask, and by src/state,
 * which answers. The two are deployed one after the other, so every call names the version it speaks.
 */

/**
 * The version of the contract. State serves this one and the one before. A release that adds, changes or
 * removes an operation adds one.
 */
export const STATE_CONTRACT = 2

/** A Worker may make 1,000 calls for one of its callers, and each session is an object of its own. */
export const ENDED_AT_ONCE = 500

/** A limit's question. */
export interface TakeRequests {
  /** A hash. */
  readonly key: string
  /** 1 to 1,000,000. */
  readonly requests: number
  /** 1,000 to a day. */
  readonly periodMs: number
  /** How many have to pass, or none does. At most `requests`. */
  readonly enough: number
  /** How many may pass where that leaves half of the limit. */
  readonly want: number
}

export interface Granted {
  readonly granted: number
  /** How many more would pass at once. */
  readonly remaining: number
  /** Until the limit is whole again. */
  readonly resetMs: number
  /** Until as many as had to would pass; 0 where they did. */
  readonly retryMs: number
}

/** What can be asked of every state Worker. A feature's own operations are declared by its room. */
export interface StateOperations {
  /** The versions of the contract that are served, newest first. The one call that names none. */
  serves(): Promise<number[]>
  /**
   * Takes the next whole number under a name, beginning with 1. Nobody else gets the same one.
   * @throws RangeError where `contract` is not served; it says which side to deploy
   */
  takeNumber(contract: number, name: string): Promise<number>
  /**
   * Takes requests from a limit. All of one key have to name one shard.
   * @throws RangeError where `contract` is not served; it says which side to deploy
   */
  takeRequests(contract: number, shard: string, question: TakeRequests): Promise<Granted>
}
