/** What the browser may do with a page of this server: nothing but show it and send its own forms. */

import type { Context, Middleware } from 'oidc-provider/lib/provider.js'

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
]

interface OidcState {
  params?: { redirect_uri?: unknown }
  session?: { state?: { postLogoutRedirectUri?: unknown } }
  entities?: { Interaction?: { params?: { redirect_uri?: unknown } } }
}

/** Sets the headers before the pages, because oidc-provider adds the hash of its one script to them. */
export function securityHeaders(secure: boolean): Middleware {
  return async (ctx, next) => {
    ctx.set('content-security-policy', [...POLICY, "form-action 'self'"].join('; '))
    ctx.set('x-content-type-options', 'nosniff')
    ctx.set('x-frame-options', 'DENY')
    // Not no-referrer: it would make the Origin of our own forms "null".
    ctx.set('referrer-policy', 'same-origin')
    if (secure) ctx.set('strict-transport-security', 'max-age=31536000')
    await next()
    const state = ctx.oidc as OidcState | undefined
    allowFormTarget(ctx, state?.params?.redirect_uri)
    allowFormTarget(ctx, state?.session?.state?.postLogoutRedirectUri)
    allowFormTarget(ctx, state?.entities?.Interaction?.params?.redirect_uri)
  }
}

/**
 * Chrome applies `form-action` to the redirects that follow a form, so the client that gets the
 * answer has to be named. The library has checked the URI against the client's registration.
 */
export function allowFormTarget(ctx: Context, uri: unknown): void {
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  if (!url) return
  // A native application is called by a scheme of its own.
  const source = url.origin === 'null' ? url.protocol : url.origin
  // A host may hold characters that mean something in a policy.
  if (!/^[\w.+-]+:(?:\/\/[\w.[\]:-]+)?$/.test(source)) return
  const policy = ctx.response.get('content-security-policy')
  ctx.set('content-security-policy', policy.replace(/form-action [^;]*/, `$& ${source}`))
}
