/**
 * Why a token is of none of the issuers that a route takes, for the operator: in names of the owner's file, never
 * in what the token says.
 */

/** What `iss` may be, by the names of the entries in `schemes`. */
export type Issuers = ReadonlyMap<string, readonly string[]>

/** The reason: an issuer of another route, nearly one of the owner's, or unknown. */
export function explainForeignIssuer(iss: unknown, issuers: Issuers): string {
  if (typeof iss !== 'string') return 'the token has no iss, or one that is no text'
  const known = [...issuers].filter(([, own]) => own.includes(iss)).map(([name]) => name)
  if (known.length > 0) {
    return `the token is of schemes.${known.join(', schemes.')}, which this route does not take: see its auth`
  }
  for (const [name, own] of issuers) {
    const difference = own.map((issuer) => differenceOf(iss, issuer)).find(isText)
    if (difference !== undefined) {
      return `the iss of the token differs from the issuer of schemes.${name} only ${difference}: write it there exactly as tokens have it`
    }
  }
  return 'the iss of the token is the issuer of no entry in schemes'
}

/** In what little two issuers differ; undefined where they differ in more. */
function differenceOf(iss: string, issuer: string): string | undefined {
  if (withoutSlash(iss) === withoutSlash(issuer)) {
    return `by a slash at its end, which ${iss.endsWith('/') ? 'the token' : 'the entry'} has`
  }
  if (toHost(iss) === toHost(issuer)) return 'in https:// at its beginning, or a slash at its end'
  if (iss.toLowerCase() === issuer.toLowerCase()) return 'in upper and lower case'
  return undefined
}

function isText(value: string | undefined): value is string {
  return value !== undefined
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text
}

function toHost(text: string): string {
  return withoutSlash(text.replace(/^https?:\/\//, ''))
}
