/** The credentials that this gateway knows, taken out of what an origin gets to see. */

import type { Place } from '../auth/scheme.ts'

/** Where credentials may stand, by kind of place. */
export interface Withheld {
  readonly headers: ReadonlySet<string>
  readonly cookies: ReadonlySet<string>
  readonly parameters: ReadonlySet<string>
  /** Names of entries of `Sec-WebSocket-Protocol`, which a dot and a value may follow. */
  readonly subprotocols: readonly string[]
}

export function withheldAt(places: readonly Place[]): Withheld {
  return {
    headers: new Set(places.flatMap((place) => ('header' in place ? place.header : []))),
    cookies: new Set(places.flatMap((place) => ('cookie' in place ? place.cookie : []))),
    parameters: new Set(places.flatMap((place) => ('query' in place ? place.query : []))),
    subprotocols: places.flatMap((place) => ('subprotocol' in place ? place.subprotocol : [])),
  }
}

/** A query, with its question mark, without the named parameters. What is left keeps its bytes and its order. */
export function withoutParameters(search: string, names: ReadonlySet<string>): string {
  if (names.size === 0 || search === '') return search
  const pairs = search.slice(1).split('&')
  const kept = pairs.filter((pair) => !names.has(nameOf(pair)))
  if (kept.length === pairs.length) return search
  return kept.length === 0 ? '' : `?${kept.join('&')}`
}

/** Decoded. A pair alone would lose a question mark that belongs to its name. */
function nameOf(pair: string): string {
  return [...new URLSearchParams(`&${pair}`).keys()][0] ?? ''
}

/** The offered subprotocols (RFC 6455 section 11.3.4) without credentials; empty where none is left. */
export function withoutSubprotocols(offer: string, names: readonly string[]): string {
  const entries = offer.split(',').map((entry) => entry.trim())
  return entries.filter((entry) => !names.includes(entry.split('.', 1)[0] ?? '')).join(', ')
}
