/**
 * A way in (OpenAPI's security schemes): an OpenID provider, an access proxy, keys, signed links. The one
 * interface between the corridor and whatever can say who is calling.
 */

import type { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import type { Location } from '../router.ts'
import type { KeySet } from './bearer/jwks.ts'
import type { Principal } from './principal.ts'

/** A request on its way in. */
export interface Inbound {
  readonly request: Request
  readonly location: Location
  /** Canonical: these bytes were matched, these bytes are forwarded. */
  readonly path: string
}

/**
 * Where a credential may stand. Header names are in lower case, cookie and parameter names as they are; a
 * subprotocol is the name of an entry of `Sec-WebSocket-Protocol`, alone or with a dot and a value after it.
 */
export type Place =
  | { readonly header: string }
  | { readonly cookie: string }
  | { readonly query: string }
  | { readonly subprotocol: string }

/** What a caller shows. */
export interface Evidence {
  readonly value: string
  /** `platform`: not in the request, but said by the runtime, so that nobody could withhold it. */
  readonly place: Place | 'platform'
  /** Whether a browser may have sent it without being asked to: then a page elsewhere may be behind it. */
  readonly ambient: boolean
}

/** Changes the headers of an answer, a refusal or a switched connection (101), last of all. */
export type Finish = (headers: Headers, status: number) => void

export interface Verified {
  readonly principal: Principal
  readonly finish?: Finish
}

/** The evidence is somebody else's to judge; why, for the operator. */
export interface NotMine {
  readonly notMine: string
}

export interface Scheme {
  /** The name of its entry in `schemes`. */
  readonly name: string
  /** Every place where its credentials may stand: no origin gets to see them, on any route. */
  readonly withholds: readonly Place[]
  /** Of an issuer whose keys are published: what else it signs is verified with them. */
  readonly keySet?: KeySet
  /**
   * The evidence of a request that this scheme would judge; the first of several places wins. Throws
   * `multiple_credentials` or the scheme's own 401 where it is there and cannot be read.
   */
  find(inbound: Inbound, scope: Scope): Evidence | undefined
  /** Who it is. Throws where the evidence is this scheme's and is not good, or where there is no verdict. */
  verify(
    evidence: Evidence,
    inbound: Inbound,
    scope: Scope,
  ): Verified | NotMine | Promise<Verified | NotMine>
  /**
   * The challenge (RFC 9110 section 11.6.1), or several, for a caller who has shown nothing to this scheme, or whose
   * evidence it has refused with `error`, with the scopes to ask for and where to learn from whom; undefined
   * where it has none.
   */
  challenge(
    error: GatewayError | undefined,
    scopes: readonly string[],
    metadata: string | undefined,
  ): string | readonly string[] | undefined
  /** Where a person signs in, to come back to a path of this origin; undefined where nobody can. */
  readonly loginAt?: ((returnTo: string) => string) | undefined
  /** How its tokens may be bound to what only their client has; undefined where they are not. */
  readonly boundTokens?: BoundTokens
}

/** For clients that read the metadata of a resource (RFC 9728 section 2). */
export interface BoundTokens {
  /** Signature algorithms of DPoP proofs; empty where none are taken. */
  readonly dpopAlgorithms: readonly string[]
  /** Whether every token has to be bound to a DPoP key. */
  readonly requiresDpop: boolean
  /** Whether tokens that are bound to a client's certificate are taken. */
  readonly certificates: boolean
}
