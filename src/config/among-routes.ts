/** Contradictions among the routes of the owner's file. */

import type { Reporter } from '../options/schemas.ts'
import { shapeOf } from '../router.ts'
import { isHopByHop } from '../upstream/header-names.ts'
import { impersonates, isOurs } from '../upstream/header-rules.ts'
import type { RouteConfig } from './define.ts'

/** By their place in the owner's list. */
export type Routes = ReadonlyMap<number, RouteConfig>

/** Two routes for one request: the same shape of path, the same host, a method in common. */
export function checkOverlaps(routes: Routes, place: (path: string) => string, to: Reporter): void {
  const keyOf = ({ host, path }: RouteConfig) => `${host ?? '*'} ${shapeOf(path).toLowerCase()}`
  for (const same of Map.groupBy(routes, ([, route]) => keyOf(route)).values()) {
    for (const [position, [index, route]] of same.entries()) {
      const earlier = same.slice(0, position).find(([, other]) => overlap(route, other))
      if (!earlier) continue
      const other = place(`routes[${earlier[0]}]`)
      to.report(
        `routes[${index}].path`,
        isSpelledAlike(route, earlier[1])
          ? `matches the same requests as ${other}. Give them different paths, hosts or methods, or take one out`
          : `differs from ${other} in upper and lower case or in a slash at its end alone, so that both match the same requests. Write both paths alike, or take one out`,
      )
    }
  }
}

function overlap(a: RouteConfig, b: RouteConfig): boolean {
  // Otherwise they would differ for callers in case or a slash alone: never what was meant.
  if (!isSpelledAlike(a, b)) return true
  return !a.methods || !b.methods || a.methods.some((method) => b.methods?.includes(method))
}

function isSpelledAlike(a: RouteConfig, b: RouteConfig): boolean {
  return withoutNames(a.path) === withoutNames(b.path)
}

function withoutNames(path: string): string {
  return path.replace(/:\w+/g, ':')
}

/** A kept header passes to one origin, and a forwarded claim's name belongs to the gateway on all routes. */
export function checkKeptNames(routes: Routes, to: Reporter): void {
  const forwarded = new Set(
    [...routes.values()].flatMap(({ forward }) => Object.keys(forward ?? {})),
  )
  for (const [index, { keep = [] }] of routes) {
    for (const name of keep) {
      const path = `routes[${index}].keep`
      if (isOurs(name, forwarded)) {
        to.report(path, `must not name ${name}, which only the gateway may set. Take it out`)
      } else if (isHopByHop(name)) {
        to.report(
          path,
          `must not name ${name}, which is about one connection and ends with it. Take it out`,
        )
      } else if (impersonates(name, forwarded)) {
        to.report(
          path,
          `must not name ${name}, which some servers read as a header of the gateway. Take it out`,
        )
      }
    }
  }
}
