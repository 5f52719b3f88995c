/** URLs of an issuer in the owner's file: what can be wrong with them, and what to write instead. */

import { isSecureUrl } from '../../lib/url.ts'

const EXAMPLE = "'https://auth.acme.example'"

/** What is wrong with a URL that is asked for keys or verdicts; undefined where nothing is. */
export function explainSecureUrl(url: string): string | undefined {
  if (/[{}<>]/.test(url))
    return `has a placeholder in { } or < >. Write what belongs there, as in ${EXAMPLE}`
  if (!/^https?:\/\//i.test(url)) return `must start with https://, for example ${EXAMPLE}`
  if (!URL.canParse(url)) return `cannot be read as a URL. Write it like ${EXAMPLE}`
  if (!isSecureUrl(url)) {
    return `must start with https://, for example ${EXAMPLE}. Plain http is for localhost alone`
  }
  if (isExample(url)) {
    return `is a value of an example (example.com). Write the address of your own issuer, like ${EXAMPLE}`
  }
  const { username, password } = new URL(url)
  if (username !== '' || password !== '')
    return `must not have a user name or password in it, as in ${EXAMPLE}`
  return undefined
}

/** What is wrong with an issuer whose discovery document is asked for; undefined where nothing is. */
export function explainIssuer(issuer: string): string | undefined {
  const known = explainAnyIssuer(issuer) ?? explainSecureUrl(issuer)
  if (known !== undefined) return known
  const { search, hash } = new URL(issuer)
  if (search !== '' || hash !== '')
    return `must not have '?' or '#' in it. Write it like ${EXAMPLE}`
  return undefined
}

/** The same where the keys are elsewhere, so that the issuer may be any text. */
export function explainAnyIssuer(issuer: string): string | undefined {
  if (issuer.includes('/.well-known/')) {
    return 'is the address of a document of the issuer. Write what that document has as "issuer": as a rule what stands before /.well-known/'
  }
  if (/^https:\/\/login\.microsoftonline\.com\/(?:common|organizations|consumers)\b/.test(issuer)) {
    return "names no tenant, and no token has it in iss. Write the tenant's id: 'https://login.microsoftonline.com/<tenant id>/v2.0'"
  }
  if (/^https?:\/\/.+\/(?:jwks(?:\.json)?|certs|token|authorize)$/i.test(issuer)) {
    return `is the address of an endpoint of the issuer. Write what its tokens have in iss, like ${EXAMPLE}`
  }
  return undefined
}

/** RFC 2606: nobody's, and what .dev.vars.example had. */
function isExample(url: string): boolean {
  return /(?:^|\.)example\.(?:com|net|org)$/.test(new URL(url).hostname)
}
