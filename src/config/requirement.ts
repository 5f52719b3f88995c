/** What a route's `auth` comes to, and what can be wrong with it. */

import type { Requirement } from '../auth/identify.ts'
import type { Scheme } from '../auth/scheme.ts'
import { isObject } from '../lib/strict-json.ts'
import { EMPTY, type Reporter, UNSET } from '../options/schemas.ts'
import { suggest } from '../options/suggest.ts'
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

const SHOWN =
  "'main', anyOf('main', 'partner'), allOf('main', 'partner'), optional('main') or 'public'"
/** What people write for a route that asks nobody. */
const MEANT_AS_PUBLIC = /^(?:none|no|open|anonymous|anyone|everyone|everybody|\*|public)$/i

/** What is wrong with the shape of a route's `auth`; undefined where nothing is. */
export function explainAuth(auth: unknown): string | undefined {
  if (isObject(auth) && Object.hasOwn(auth, 'optional')) {
    const { optional } = auth
    if (optional === 'public') {
      return "must be 'public' alone for everybody, or optional('main') for callers with and without a token"
    }
    if (isObject(optional) && Object.hasOwn(optional, 'optional')) {
      return "has optional(…) twice. Write it once: optional('main')"
    }
    return explainRequired(optional)
  }
  return explainRequired(auth)
}

function explainRequired(required: unknown): string | undefined {
  if (required === undefined) return UNSET
  if (required === '') return EMPTY
  if (typeof required === 'string') return undefined
  if (required === false || required === null) {
    return "must be 'public' for a route that asks nobody for a token"
  }
  if (required === true)
    return "must name a scheme, for example 'main'. With one scheme alone, take auth out"
  if (Array.isArray(required)) {
    return "must not be a list. Write anyOf('main', 'partner') for any one of them, allOf('main', 'partner') for all"
  }
  if (!isObject(required)) return `must be ${SHOWN}`
  const [kind, ...others] = Object.keys(required)
  if ((kind !== 'anyOf' && kind !== 'allOf') || others.length > 0) {
    return `must be ${SHOWN}, with the names of entries of schemes`
  }
  const names = required[kind]
  if (Array.isArray(names) && names.some((name) => Array.isArray(name))) {
    return `takes names without [ ]: ${kind}('main', 'partner')`
  }
  if (!Array.isArray(names) || names.length === 0) {
    return `names no scheme. Write ${kind}('main', 'partner')`
  }
  if (names.includes('public')) {
    return "has 'public' beside other names. Write optional('main') for callers with and without a token"
  }
  if (names.every((name) => typeof name === 'string' && name !== '')) return undefined
  return `must have names of schemes in quotes: ${kind}('main', 'partner')`
}

/** `auth: 'public'` means that nobody is asked, so no scheme may be called that. */
export function checkSchemeName(name: string, to: Reporter): void {
  if (name === 'public') {
    to.report(
      'schemes.public',
      "must have another name, for example main: auth: 'public' means a route that is open to everybody",
    )
  }
}

/** Whether the schemes that a route names exist, and leave no doubt which of them judges a token. */
export function checkAuth(route: RouteConfig, schemes: Schemes, path: string, to: Reporter): void {
  const required = requiredSchemes(route, schemes)
  if (!required) return
  const { names } = required
  const all = Object.keys(schemes)
  if (names.length === 0) {
    to.report(
      path,
      all.length > 1
        ? `is missing, and there are several schemes. Name one: auth: '${all[0]}', or several: anyOf(${quoted(all)})`
        : "is missing, and schemes has no entry. Add one, for example schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) }, or write auth: 'public' for a route that is open to everybody",
    )
  }
  const known = names.filter((name) => Object.hasOwn(schemes, name))
  for (const name of names) {
    if (!known.includes(name)) to.report(path, explainUnknownScheme(name, all))
  }
  checkIssuers(known, schemes, path, to)
  if (route.login && !known.some((name) => schemes[name]?.of)) {
    to.report(
      path.replace(/auth$/, 'login'),
      "needs a scheme that people sign in to. Add sessions({ of: 'main', … }) to schemes, and name it in auth, for example auth: 'people', or take login out",
    )
  }
}

function explainUnknownScheme(name: string, all: readonly string[]): string {
  if (MEANT_AS_PUBLIC.test(name)) {
    return "is not an entry of schemes. For a route that is open to everybody, write auth: 'public'"
  }
  const meant = suggest(name, all)
  if (meant !== undefined) return `names what is not an entry of schemes. Did you mean '${meant}'?`
  if (all.length === 0) return 'names what is not an entry of schemes, which has none. Add one'
  return `names what is not an entry of schemes. There ${all.length === 1 ? 'is' : 'are'} ${quoted(all)}`
}

/** Whether a caller of a route that wants every one of its schemes can satisfy them, once they are compiled. */
export function checkTogether(
  { schemes, all }: Requirement,
  entries: Schemes,
  path: string,
  to: Reporter,
): void {
  if (!all) return
  const ofIssuers = schemes.filter(({ name }) => entries[name]?.oauth)
  for (const [index, one] of ofIssuers.entries()) {
    const other = ofIssuers.slice(index + 1).find((scheme) => !canBothBeShown(one, scheme))
    if (!other) continue
    to.report(
      path,
      `wants ${one.name} and ${other.name} together, and both read their token in Authorization, so that nobody can send both. Write anyOf(${quoted([one.name, other.name])}), or give each a place of its own: tokenFrom: [{ header: 'x-second-token' }]`,
    )
  }
}

/** A token in Authorization is everybody's, so that each needs another place that is its own. */
function canBothBeShown(one: Scheme, other: Scheme): boolean {
  const placesOf = ({ withholds }: Scheme) => withholds.map((place) => JSON.stringify(place))
  const [ofOne, ofOther] = [placesOf(one), placesOf(other)]
  return (
    ofOne.some((place) => !ofOther.includes(place)) &&
    ofOther.some((place) => !ofOne.includes(place))
  )
}

function checkIssuers(
  known: readonly string[],
  schemes: Schemes,
  path: string,
  to: Reporter,
): void {
  if (new Set(known).size < known.length) {
    to.report(path, 'names one scheme twice. Name each once')
    return
  }
  const issuers = new Set(known.flatMap((name) => issuersOf(schemes[name])))
  const sharing = [...issuers]
    .map((issuer) => known.filter((name) => issuersOf(schemes[name]).includes(issuer)))
    .filter((names) => names.length > 1)
  // Two entries that share several issuers are one problem.
  for (const same of new Set(sharing.map((names) => names.join(' and ')))) {
    to.report(
      path,
      `names ${same}, which have the same issuer, so that a token would have two meanings. Name one of them, or make one entry of both: audience: ['a', 'b']`,
    )
  }
  // Such a token does not say whose it is, and must not be shown to an issuer that did not issue it.
  const takers = known.filter((name) => schemes[name]?.oauth?.takesOpaqueTokens)
  if (takers.length > 1) {
    to.report(
      path,
      `names ${takers.join(' and ')}, which both take opaque tokens, and such a token does not say whose it is. Name one of them, or take opaque: true out of the others`,
    )
  }
}

/** None while something is wrong with the entry. */
function issuersOf(scheme: Schemes[string] | undefined): readonly unknown[] {
  const { issuer, issuers = [issuer] } = scheme?.oauth ?? {}
  return issuers.filter((name) => typeof name === 'string' && name !== '')
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}
