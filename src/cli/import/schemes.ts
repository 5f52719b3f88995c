/** Security schemes of an OpenAPI document as entries of `schemes`. */

import { isRecord, type OpenApiDocument, type Path, type Problems, resolve } from './document.ts'

/** An entry of `schemes`, as it is written. */
export interface Entry {
  readonly name: string
  readonly kind: 'tokens' | 'keys'
  /** Whether what a requirement lists are scopes. Elsewhere they are roles, from OpenAPI 3.1 on. */
  readonly hasScopes: boolean
  /** The function call. */
  readonly code: string
  /** The code of what `iss` is of whoever comes in by it. */
  readonly issuer: string
  /** Variables that the entry reads, beside those of every gateway. */
  readonly variables: readonly string[]
}

const DISCOVERY = '/.well-known/openid-configuration'
/** What a header for keys may be called; in `Authorization` there is a scheme before each credential. */
const KEY_HEADER = /^(?!authorization$|cookie$|host$)[a-z0-9!#$%&'*+.^`|~-]+$/i

/** The entries for these names. What has no counterpart is reported at its place. */
export function readEntries(
  document: OpenApiDocument,
  names: readonly string[],
  problems: Problems,
): ReadonlyMap<string, Entry> {
  const read = names.map((name) => [name, resolveScheme(document, name, problems)] as const)
  const tokens = read.filter(([, scheme]) => scheme && isForTokens(scheme.value))
  const entries = new Map<string, Entry>()
  for (const [name, scheme] of read) {
    if (!scheme) continue
    const entry = isForTokens(scheme.value)
      ? tokenEntry(name, scheme.value, tokens.length > 1)
      : keyEntry(name, scheme.value, scheme.path, problems)
    const taken = [...entries.values()].flatMap(({ variables }) => variables)
    if (entry?.variables.some((variable) => taken.includes(variable))) {
      problems.report(
        scheme.path,
        'has a name that differs from another one in signs alone. Rename it',
      )
    } else if (entry) entries.set(name, entry)
  }
  return entries
}

function resolveScheme(document: OpenApiDocument, name: string, problems: Problems) {
  const path = ['components', 'securitySchemes', name]
  const found = resolve(document, path, problems)
  if (!found) return undefined
  if (isRecord(found.value)) return { value: found.value, path: found.path }
  problems.report(path, 'is not there, and an operation asks for it')
  return undefined
}

function isForTokens({ type, scheme }: Record<string, unknown>): boolean {
  if (type === 'oauth2' || type === 'openIdConnect') return true
  return type === 'http' && typeof scheme === 'string' && scheme.toLowerCase() === 'bearer'
}

/** Several issuers have a pair of variables each. */
function tokenEntry(
  name: string,
  { type, openIdConnectUrl: url }: Record<string, unknown>,
  isOneOfSeveral: boolean,
): Entry {
  const prefix = name
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/\W+/g, '_')
    .replace(/^(?=\d)/, '_')
    .toUpperCase()
  const [issuerName, audienceName] = isOneOfSeveral
    ? [`${prefix}_ISSUER`, `${prefix}_AUDIENCE`]
    : ['ISSUER', 'CLIENT_ID']
  const isKnown = typeof url === 'string' && /^https:\/\/.+/.test(url) && url.endsWith(DISCOVERY)
  const issuer = isKnown ? quote(url.slice(0, -DISCOVERY.length)) : `env.${issuerName}`
  const variables = isOneOfSeveral ? [...(isKnown ? [] : [issuerName]), audienceName] : []
  return {
    name,
    kind: 'tokens',
    hasScopes: type !== 'http',
    code: `oidc({ issuer: ${issuer}, audience: env.${audienceName} })`,
    issuer,
    variables,
  }
}

function keyEntry(
  name: string,
  scheme: Record<string, unknown>,
  path: Path,
  problems: Problems,
): Entry | undefined {
  const wrong = explainScheme(scheme)
  if (wrong !== undefined) {
    problems.report(path, wrong)
    return undefined
  }
  const header = String(scheme.name).toLowerCase()
  const more = header === 'x-api-key' ? '' : `, header: ${quote(header)}`
  return {
    name,
    kind: 'keys',
    hasScopes: false,
    code: `apiKeys({ store: env.STORE${more} })`,
    issuer: quote(`urn:gatehouse:${name}`),
    variables: [],
  }
}

function explainScheme({
  type,
  in: place,
  name,
  scheme,
}: Record<string, unknown>): string | undefined {
  const without = 'Leave it out with --without, or change the document'
  if (type === 'http')
    return `is HTTP authentication of the kind ${String(scheme)}, which the gateway does not take. ${without}`
  if (type === 'mutualTLS')
    return `is a client certificate, which the zone asks for and not a route. ${without}`
  if (type !== 'apiKey') return `has a type that OpenAPI does not know. ${without}`
  if (place === 'query')
    return `is a key in the address, where it is logged and shared. Have it sent in a header. ${without}`
  if (place === 'cookie')
    return `is a key in a cookie. For people with browsers there are sessions (docs/sessions.md). ${without}`
  if (place !== 'header') return 'is a key that stands nowhere. Write in: header'
  if (typeof name === 'string' && KEY_HEADER.test(name)) return undefined
  return `is a key in a header that has other uses. If it is a token, write type: http and scheme: bearer. ${without}`
}

/** A string of JavaScript. */
export function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}
