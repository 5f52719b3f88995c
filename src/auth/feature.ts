/**
 * What can be plugged in, and what it may bring: a scheme, or a part of a route. Each checks its own options
 * and compiles to one object with the methods of its steps; nothing else reaches the corridor.
 */

import type { Binding, Fetch } from '../lib/fetch.ts'
import type { Store } from '../lib/kv.ts'
import type { Scope } from '../lib/scope.ts'
import type { JsonObject } from '../lib/strict-json.ts'
import type { Reporter } from '../options/schemas.ts'
import type { Cut, Cutoff } from './cutoff.ts'
import type { Principal } from './principal.ts'
import type { Inbound, Scheme } from './scheme.ts'

/** What an owner writes into the config, made by a function such as `oidc({ … })`. */
export interface Feature<Compiled, Site> {
  /** Reports every problem with the options, below `path`. */
  check(path: string, to: Reporter): void
  /** Only called where {@link check} found nothing. */
  compile(site: Site, house: House): Compiled & Extras
}

/** An entry of `schemes`; its site is its name. */
export interface SchemeFeature extends Feature<Scheme, string> {
  /** Of an entry that takes an issuer's tokens. */
  readonly oauth?: OAuthIssuer
  /** Reports what is legal and weakens something, below `path`; only `npm run check` asks. */
  warn?(path: string, to: Reporter): void
  /** The entry whose tokens this one holds for people. */
  readonly of?: string
  /** Reports what is wrong with the options beside the other entries, below `path`. */
  checkBeside?(path: string, entries: Readonly<Record<string, SchemeFeature>>, to: Reporter): void
}

/** A part of a route, or of every route. */
export interface RoutePart<Compiled> extends Feature<Compiled, RouteSite> {
  /** Of one that decides on tools: what its rules call them, as in the log. */
  readonly toolNames?: readonly string[]
  /** Reports what is wrong with the options beside the other parts of the route, below `path`. */
  checkBeside?(path: string, parts: { readonly mcp?: RoutePart<unknown> }, to: Reporter): void
}

export interface OAuthIssuer {
  /** Where clients get their tokens, and what `iss` has to be. */
  readonly issuer: string
  /** All that `iss` may be, where there is more than that. */
  readonly issuers?: readonly string[]
  /** What its tokens are for. */
  readonly audiences?: readonly string[]
  /** What a token has, beside `iss`, that the entry asks of each. For tests. Default: `aud` with the first audience. */
  readonly exampleClaims?: Readonly<Record<string, string>>
  /** Whether clients can get a token there by themselves, as OAuth has it. Default true. */
  readonly servesClients?: boolean
  /** Whether it may be asked about tokens that do not say whose they are. */
  readonly takesOpaqueTokens: boolean
  /** A binding through which all of its URLs are reached. */
  readonly via?: Binding | undefined
  /** Where its endpoints are, where its issuer does not say that. */
  readonly url?: string
  /** How a client's secret is sent there, where what the issuer says of itself does not hold. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post'
  /**
   * Where the refresh token is that came with an access token of these claims, for an issuer without RFC 7009: DELETE
   * with the access token ends it. Undefined where the claims do not say.
   */
  readonly refreshTokenAt?: (claims: JsonObject) => string | undefined
}

/** The route that a part is compiled for. */
export interface RouteSite {
  readonly path: string
  readonly host: string | undefined
  /** The origin of the URL that it leads to; undefined for a binding and a handler. */
  readonly target: string | undefined
  /** Host names that the gateway serves; empty where it serves every host. */
  readonly hosts: readonly string[]
  readonly methods: readonly string[]
  /** Names of the schemes that the route takes; empty on a public route. */
  readonly schemes: readonly string[]
  /** Every scope that a client has to ask for. */
  readonly scopes: readonly string[]
}

/** What a gateway has for its features. */
export interface House {
  /** Reaches issuers and origins that have no binding. */
  readonly fetch: Fetch
  readonly store: Store | undefined
  /** Unix seconds. */
  readonly now: () => number
  scheme(name: string): Scheme
  /** All schemes. Not asked before they are compiled. */
  schemes(): Iterable<Scheme & Extras>
  /** Undefined where nobody can be cut off. Not asked before a request. */
  cutoff(): Cutoff | undefined
  /** Undefined for a scheme that takes no issuer's tokens. */
  oauth(name: string): OAuthIssuer | undefined
  /** What `iss` may be, by the names of all entries that take an issuer's tokens. */
  readonly issuers: ReadonlyMap<string, readonly string[]>
}

/** What a feature may bring beside its steps. */
export interface Extras {
  /** What it does on its route, in a few words, for the table of "npm run check". */
  readonly summary?: string
  /** Routes of the gateway itself. An owner's route at the same address is a config problem. */
  readonly endpoints?: readonly Endpoint[]
  /** Work for the cron trigger. Throws a GatewayError where it fails, which is logged. */
  scheduled?(scope: Scope): Promise<void>
  /** Fields for the log event of a request that was answered. Never a token, a secret or a claim value. */
  fields?(call: Call, response: Response): Readonly<Record<string, string | number>>
  /**
   * Ends what it keeps itself for those whose tokens of one of `issuers` were cut off. Throws `issuer_unavailable`
   * where that fails.
   */
  cutOff?(issuers: readonly string[], cut: Cut): Promise<void>
}

export interface Endpoint {
  /** Literal segments, and `*` as the last one for all that is below. */
  readonly path: string
  /** Undefined for every host that has no route of its own for the path. */
  readonly host: string | undefined
  readonly methods: readonly string[]
  /** Whether it lets the pages of every origin read its answers by itself, preflights included. Default false. */
  readonly isForAllPages?: boolean
  /**
   * Whether no limit of `every` holds here: what another server has to tell, such as a logout, must not get lost.
   * Default false.
   */
  readonly mustGetThrough?: boolean
  handle(inbound: Inbound, scope: Scope): Response | Promise<Response>
}

/** A request whose caller is known. */
export interface Call extends Inbound {
  /** The first speaks for all. Empty where anybody may come. */
  readonly principals: readonly Principal[]
  /** What it asks for, where the route reads that in its body. */
  readonly operation?: Operation
}

/** What a request asks for by name, in its body. Its names are ones that the configuration knows, or `other`. */
export interface Operation {
  readonly method: string
  readonly name?: string | undefined
  /** What was read; undefined where the request has no body. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
  /** Throws where the callers may not: `operation_unknown`, `insufficient_scope`, `forbidden`, `credential_missing`. */
  permit(principals: readonly Principal[]): void
  /** The origin's answer without what the callers may not use. Throws `origin_unreachable` where it cannot be read. */
  filter(principals: readonly Principal[], response: Response): Response | Promise<Response>
}
