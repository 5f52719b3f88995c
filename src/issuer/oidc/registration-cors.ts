/** Lets a page of any origin register a client, as the library does for the other endpoints (RFC 7591). */

import type { Middleware } from 'oidc-provider/lib/provider.js'

const PATH = /^\/oauth2\/register\/?$/i
const MAX_AGE_SECONDS = 3600

export const registrationCors: Middleware = async (ctx, next) => {
  if (!PATH.test(ctx.path) || !ctx.get('origin')) return next()
  ctx.set('access-control-allow-origin', '*')
  if (ctx.method !== 'OPTIONS') return next()
  ctx.set('access-control-allow-methods', 'POST')
  ctx.set('access-control-allow-headers', ctx.get('access-control-request-headers'))
  ctx.set('access-control-max-age', String(MAX_AGE_SECONDS))
  ctx.status = 204
  return undefined
}
