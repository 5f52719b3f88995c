/** Every part that a route can have, and so the whole list of what a feature can add to the corridor. */

import * as v from 'valibot'
import type { Extras, Feature, House, RoutePart, RouteSite } from '../auth/feature.ts'
import type { Cached } from '../edge/cache/cached.ts'
import type { ProtectedResource } from '../edge/resource-metadata.ts'
import { told } from '../options/schemas.ts'

export interface RouteParts {
  /** Publishes where to get a token for this route (RFC 9728): `protectedResource()`. Default: nothing. */
  resource?: RoutePart<ProtectedResource>
  /** Stores answers: `cached({ share: 'subject' })`. Default: none. */
  cache?: RoutePart<Cached>
}

/** With the function that makes it, for whoever writes something else. */
const PARTS = {
  resource: 'protectedResource()',
  cache: "cached({ share: 'subject' })",
} as const satisfies Record<keyof RouteParts, string>

export const PART_NAMES = Object.keys(PARTS) as (keyof RouteParts)[]

export type AnyFeature = Feature<unknown, unknown>

/** The parts of one route, ready for their steps. */
export type CompiledParts = {
  readonly [Name in keyof RouteParts]: RouteParts[Name] extends
    | RoutePart<infer Compiled>
    | undefined
    ? Compiled & Extras
    : never
}

/** Whether a value was made by a function for the owner's file. */
export function feature(value: unknown): value is AnyFeature {
  return ['check', 'compile'].every(
    (name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function',
  )
}

export const partsSchema = Object.fromEntries(
  Object.entries(PARTS).map(([name, maker]) => [
    name,
    v.exactOptional(
      told<AnyFeature>((value) => {
        if (feature(value)) return undefined
        const isCalled = typeof value !== 'function'
        return isCalled ? `must be made by ${maker}` : `must be called, with parentheses: ${maker}`
      }),
    ),
  ]),
)

/** A part that the route does not have comes from `every`. */
export function compileParts(
  route: RouteParts,
  every: RouteParts,
  site: RouteSite,
  house: House,
): CompiledParts {
  const parts = PART_NAMES.flatMap((name) => {
    const part = route[name] ?? every[name]
    return part ? [[name, part.compile(site, house)]] : []
  })
  return Object.fromEntries(parts)
}
