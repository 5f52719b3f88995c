/** Credentials that end before their time: which, and who is asked. */

import type { Scope } from '../lib/scope.ts'
import type { Principal } from './principal.ts'

/** Which tokens of an issuer. */
export type Selection =
  /** A person's or a client's own; with `client`, only those that this application got for them. */
  | { readonly subject: string; readonly client?: string | undefined }
  /** All that an application got. */
  | { readonly client: string }
  /** Those of one sign-in: `sid`. */
  | { readonly session: string }
  /** The one with this `jti`. */
  | { readonly token: string }

export interface Cut {
  readonly selection: Selection
  /** Unix seconds: what was issued until then, the second itself included, is refused. */
  readonly before: number
}

/** Says who was cut off. */
export interface Cutoff {
  /**
   * Throws `invalid_token` for who is cut off, `issuer_unavailable` where that cannot be said. `asOfNow`: also by news
   * that this isolate has not heard of yet.
   */
  refuse(principals: readonly Principal[], scope: Scope, asOfNow?: boolean): Promise<void>
}
