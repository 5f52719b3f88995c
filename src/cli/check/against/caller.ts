/** Who sends probe requests, and what callers are made of. */

import type { ClaimValue } from '../../../auth/authorize.ts'
import type { Compiled } from '../../../config/compile.ts'
import type { GatewayConfig } from '../../../config/define.ts'
import type { ProbeIssuer } from './issuer.ts'

export interface Caller {
  readonly name: string
  /** Whether it is sent to every path with every method, or once to each route. */
  readonly isEverywhere: boolean
  /** Adds what the caller shows; the URL may become another. */
  show(url: string, headers: Headers): string | Promise<string>
}

/** What both files ask callers for. */
export interface Rights {
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly claims: ReadonlyMap<string, readonly ClaimValue[]>
}

export function rightsIn(files: readonly Compiled[]): Rights {
  const policies = files.flatMap(({ routes }) => routes.map(({ policy }) => policy))
  const needs = policies.flatMap((policy) => [policy, ...policy.alternatives])
  const claims = Map.groupBy(
    needs.flatMap((need) => need.claims),
    ({ claim }) => claim,
  )
  return {
    scopes: [...new Set(needs.flatMap(({ scopes }) => scopes.names))],
    roles: [...new Set(needs.flatMap(({ roles }) => roles))],
    claims: new Map(
      [...claims].map(([name, all]) => [name, [...new Set(all.flatMap(({ values }) => values))]]),
    ),
  }
}

export interface Probing {
  readonly files: readonly GatewayConfig[]
  readonly rights: Rights
  /** Text that stands in one file alone: names of places, keys, hosts. */
  readonly words: ReadonlySet<string>
  readonly numbers: ReadonlySet<number>
  readonly issuer: ProbeIssuer
  /** The KV namespace of the probes. */
  readonly kept: Map<string, string>
  /** Unix seconds. */
  readonly now: number
}

/** A name of a header, and of most cookies. */
export const NAME = /^[a-z0-9!#$&'*+.^_|~-]+$/i

/** Shows a credential in a header. */
export function inHeader(name: string, value: string): (url: string, headers: Headers) => string {
  return (url, headers) => {
    headers.set(name, value)
    return url
  }
}
