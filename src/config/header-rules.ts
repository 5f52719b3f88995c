/** Which headers and credentials of a request the origin of a route gets. What none may see is the same for all. */

import type { Place, Scheme } from '../auth/scheme.ts'
import { type HeaderRules, headerRules } from '../upstream/header-rules.ts'
import { withheldAt } from '../upstream/withheld.ts'
import type { GatewayConfig, RouteConfig } from './define.ts'

/** Makes the rules of a route, of which the origin sees no part of the path before `prefix`. */
export type RulesOfRoute = (
  route: RouteConfig,
  prefix: string,
  schemes: readonly Scheme[],
) => {
  readonly headers: HeaderRules
  /** The same for requests that are let through although they would be refused: with what the schemes read. */
  simulation(): HeaderRules
}

/** One object for all, so that routes without claims of their own share prepared headers. */
const NO_CLAIMS = {}

export function rulesOfRoutes({ routes }: GatewayConfig, schemes: Iterable<Scheme>): RulesOfRoute {
  const forwardedNames = new Set(routes.flatMap(({ forward }) => Object.keys(forward ?? {})))
  const places = [...schemes].flatMap(({ withholds }) => withholds)
  const withheld = withheldAt(places)

  return ({ keep = [], forward = NO_CLAIMS }, prefix, own) => {
    const common = { forwardedNames, forward, prefix }
    return {
      headers: headerRules({ ...common, withheld, keep: new Set(keep) }),

      simulation() {
        const shown = own.flatMap(({ withholds }) => withholds)
        const others = places.filter((place) => !shown.some((one) => isSame(one, place)))
        const kept = new Set([...keep, ...withheldAt(shown).headers])
        return headerRules({ ...common, withheld: withheldAt(others), keep: kept })
      },
    }
  }
}

function isSame(one: Place, other: Place): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
