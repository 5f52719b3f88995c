/** Where in a set of claims something stands. No I/O. */

import { isObject, type JsonObject } from '../lib/strict-json.ts'

/**
 * A string is one literal claim name, dots and slashes included (`https://example.com/roles`);
 * an array is a path into nested objects (`['realm_access', 'roles']`).
 */
export type ClaimLocation = string | readonly string[]

/** The value at a location; undefined where it is absent or null. */
export function readClaim(claims: JsonObject, location: ClaimLocation): unknown {
  let value: unknown = claims
  for (const name of typeof location === 'string' ? [location] : location) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value ?? undefined
}

/**
 * A claim that lists names: an array of strings, or one string in which `separator` stands between
 * them. Anything else in it is left out, so that nothing is ever granted by coercion.
 */
export function readNames(
  claims: JsonObject,
  location: ClaimLocation,
  separator?: string,
): string[] {
  const value = readClaim(claims, location)
  if (typeof value === 'string') {
    return (separator === undefined ? [value] : value.split(separator)).filter(
      (name) => name !== '',
    )
  }
  if (!Array.isArray(value)) return []
  return value.filter((name): name is string => typeof name === 'string' && name !== '')
}
