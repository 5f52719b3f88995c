// What the corpus runner and its Worker say to each other.

/** One verifier configuration: where it is reached, what it trusts. */
export interface Door {
  path: string
  issuer: string
  audience: string | string[]
  jwksUri: string
}

/** `name:seconds`. Requests of one name share a gateway, and so what it keeps. */
export const CLOCK_HEADER = 'x-clock'
