/** What the browser may do with a page of this server: nothing but show it and send its own forms. */

import type { Middleware } from 'oidc-provider/lib/provider.js'

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
]
const OWN_FORMS = "form-action 'self'"

/** Sets the headers before the pages, because oidc-provider adds the hash of its one script to them. */
export function securityHeaders(secure: boolean): Middleware {
  return async (ctx, next) => {
    ctx.set('content-security-policy', [...POLICY, OWN_FORMS].join('; '))
    ctx.set('x-content-type-options', 'nosniff')
    ctx.set('x-frame-options', 'DENY')
    // Not no-referrer: it would make the Origin of our own forms "null".
    ctx.set('referrer-policy', 'same-origin')
    if (secure) ctx.set('strict-transport-security', 'max-age=31536000')
    await next()
    // The answer to an application that wants it as a form is a form to that application.
    if (ctx.oidc?.params?.response_mode !== 'form_post') return
    const policy = ctx.response.get('content-security-policy')
    ctx.set('content-security-policy', policy.replace(`; ${OWN_FORMS}`, ''))
  }
}
