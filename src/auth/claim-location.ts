/** Where in a set of claims something stands. No I/O. */

import { isObject, type JsonObject } from '../lib/strict-json.ts'

/**
 * A string is one literal claim name, dots and slashes included (`https://example.com/roles`);
 * an array is a path into nested objects (`['realm_access', 'roles']`).
 */
export type ClaimLocation = string | readonly string[]

/** One location, or a list of paths: `[['realm_access', 'roles'], ['groups']]`. */
export type ClaimLocations = ClaimLocation | readonly (readonly string[])[]

export function locationsIn(option: ClaimLocations): readonly ClaimLocation[] {
  const isPath = (value: ClaimLocations): value is ClaimLocation =>
    typeof value === 'string' || value.every((name) => typeof name === 'string')
  return isPath(option) ? [option] : option
}

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

/**
 * A claim that lists roles: names as in {@link readNames}, or an object whose members are the roles, as
 * `{ "admin": { "286701": "acme.example" } }`. A member counts where it is true, or an object that says something.
 */
export function readRoles(claims: JsonObject, location: ClaimLocation): string[] {
  const value = readClaim(claims, location)
  if (!isObject(value)) return readNames(claims, location)
  const isGranted = (grant: unknown) =>
    grant === true || (isObject(grant) && Object.keys(grant).length > 0)
  return Object.keys(value).filter((name) => name !== '' && isGranted(value[name]))
}
