/**
 * Tokens in `Sec-WebSocket-Protocol` (RFC 6455 section 11.3.4), the one header of a WebSocket that a page can fill:
 * `new WebSocket(url, ['access-token', 'access-token.' + token])`. A browser ends a connection whose server selects
 * none of the subprotocols that it offered, so that the one without the token is there to be selected.
 */

import type { Finish, Scheme } from '../scheme.ts'

const HEADER = 'sec-websocket-protocol'

/** The tokens that are offered under a name; none where no WebSocket is opened. */
export function readSubprotocol(headers: Headers, name: string): readonly string[] {
  const beginning = `${name}.`
  return offered(headers)
    .filter((entry) => entry.startsWith(beginning))
    .map((entry) => entry.slice(beginning.length))
}

/** The same scheme, which selects one of `names` for its callers where the origin selects no subprotocol. */
export function selecting<Selecting extends Scheme>(
  scheme: Selecting,
  names: readonly string[],
): Selecting {
  return {
    ...scheme,
    async verify(evidence, inbound, scope) {
      const verdict = await scheme.verify(evidence, inbound, scope)
      const entries = offered(inbound.request.headers)
      const marker = names.find((name) => entries.includes(name))
      if (marker === undefined || 'notMine' in verdict) return verdict
      return { ...verdict, finish: both(verdict.finish, select(marker)) }
    },
  }
}

function offered(headers: Headers): readonly string[] {
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return []
  return (headers.get(HEADER) ?? '').split(',').map((entry) => entry.trim())
}

function select(marker: string): Finish {
  return (headers, status) => {
    if (status === 101 && !headers.has(HEADER)) headers.set(HEADER, marker)
  }
}

function both(first: Finish | undefined, second: Finish): Finish {
  if (!first) return second
  return (headers, status) => {
    first(headers, status)
    second(headers, status)
  }
}
