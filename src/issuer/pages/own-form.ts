/** Forms and scripts of our own pages, told from those of other sites. */

import type { Context } from 'oidc-provider/lib/provider.js'

/** Browsers name the sender of every POST. Cookies are SameSite=Lax besides. */
export function isOwnForm(ctx: Context, issuer: string): boolean {
  const origin = ctx.get('origin')
  return origin ? origin === issuer : ctx.get('sec-fetch-site') === 'same-origin'
}
