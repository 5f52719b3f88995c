/** What a gateway has for its features: the world outside, and its schemes. */

import type { Cutoff } from '../auth/cutoff.ts'
import type { Extras, House } from '../auth/feature.ts'
import type { Scheme } from '../auth/scheme.ts'
import type { Fetch } from '../lib/fetch.ts'
import type { Store } from '../lib/kv.ts'
import type { GatewayConfig } from './define.ts'

export interface Dependencies {
  /** Undefined for the runtime's own. */
  readonly fetch: Fetch | undefined
  readonly store: Store | undefined
  /** Unix seconds. */
  readonly now: () => number
}

export interface Furnished {
  readonly house: House
  readonly schemes: ReadonlyMap<string, Scheme & Extras>
  readonly revocation: (Cutoff & Extras) | undefined
}

/** Compiles every scheme once, also where one of them asks for another, and then what cuts their callers off. */
export function createHouse(
  { schemes: entries, revocation: feature }: Pick<GatewayConfig, 'schemes' | 'revocation'>,
  dependencies: Dependencies,
): Furnished {
  const schemes = new Map<string, Scheme & Extras>()

  function scheme(name: string): Scheme & Extras {
    const known = schemes.get(name)
    if (known) return known
    const entry = entries[name]
    if (!entry) throw new Error(`there is no scheme ${name}`)
    const compiled = entry.compile(name, house)
    schemes.set(name, compiled)
    return compiled
  }

  const fetch = dependencies.fetch ?? ((request: Request) => globalThis.fetch(request))
  const issuers = new Map(
    Object.entries(entries).flatMap(([name, { oauth }]) =>
      oauth ? [[name, oauth.issuers ?? [oauth.issuer]]] : [],
    ),
  )
  const oauth: House['oauth'] = (name) => entries[name]?.oauth
  const house: House = {
    ...dependencies,
    fetch,
    scheme,
    schemes: () => schemes.values(),
    cutoff: () => revocation,
    oauth,
    issuers,
  }
  for (const name of Object.keys(entries)) scheme(name)
  const revocation = feature?.compile('revocation', house)
  return { house, schemes, revocation }
}
