/** What a route's `auth` comes to, and what can be wrong with it. */

import type { Reporter } from '../options/schemas.ts'
import type { GatewayConfig, RouteConfig } from './define.ts'

type Schemes = GatewayConfig['schemes']

export interface RequiredSchemes {
  /** Entries of `schemes`. */
  readonly names: readonly string[]
  /** Whether every one of them has to be satisfied, or any. */
  readonly all: boolean
  /** Whether a request without evidence may pass, as nobody. */
  readonly optional: boolean
}

/**
 * Undefined for a public route. Without `auth` it is the only entry of `schemes`, and no name where there are
 * several: a config problem.
 */
export function requiredSchemes(
  { auth }: Pick<RouteConfig, 'auth'>,
  schemes: Schemes,
): RequiredSchemes | undefined {
  if (auth === 'public') return undefined
  const optional = typeof auth === 'object' && 'optional' in auth
  const required = optional ? auth.optional : auth
  if (required === undefined) {
    const names = Object.keys(schemes)
    return { names: names.length === 1 ? names : [], all: false, optional }
  }
  if (typeof required === 'string') return { names: [required], all: false, optional }
  return 'allOf' in required
    ? { names: required.allOf, all: true, optional }
    : { names: required.anyOf, all: false, optional }
}

/** `auth: 'public'` means that nobody is asked, so no scheme may be called that. */
export function checkSchemeName(name: string, to: Reporter): void {
  if (name === 'public') {
    to.report(
      'schemes.public',
      'must have another name: a route with it would be open to everybody',
    )
  }
}

/** Whether the schemes that a route names exist, and leave no doubt which of them judges a token. */
export function checkAuth(route: RouteConfig, schemes: Schemes, path: string, to: Reporter): void {
  const required = requiredSchemes(route, schemes)
  if (!required) return
  const { names } = required
  if (names.length === 0) {
    const several = Object.keys(schemes).length > 1
    to.report(
      path,
      several ? 'is missing, and there are several schemes' : 'is missing, and there is no scheme',
    )
  }
  const known = names.filter((name) => Object.hasOwn(schemes, name))
  for (const name of names) {
    if (!known.includes(name)) {
      to.report(path, `names ${JSON.stringify(name)}, which is not in schemes`)
    }
  }
  const issuers = known.flatMap((name) => issuersOf(schemes[name])).filter(isText)
  if (new Set(issuers).size < issuers.length) {
    to.report(
      path,
      'names two entries with the same issuer, so that a token would have two meanings',
    )
  }
  // Such a token does not say whose it is, and must not be shown to an issuer that did not issue it.
  const takers = known.filter((name) => schemes[name]?.oauth?.takesOpaqueTokens)
  if (takers.length > 1) {
    to.report(path, `names ${takers.join(' and ')}, which both take opaque tokens`)
  }
}

/** None while something is wrong with the entry. */
function issuersOf(scheme: Schemes[string] | undefined): readonly unknown[] {
  const { issuer, issuers = [issuer] } = scheme?.oauth ?? {}
  return issuers.filter((name) => name !== '')
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
