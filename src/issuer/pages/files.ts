/** The stylesheet, the script and the logo, as files: the policy of the pages allows nothing inline. */

import type { Middleware } from 'oidc-provider/lib/provider.js'
import { type Colors, colorStyle } from './colors.ts'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

/** What stands in a browser's tab where the owner has no logo: a key. */
const KEY = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1a56c4"/><g fill="none" stroke="#fff" stroke-width="3"><circle cx="11.5" cy="20.5" r="5"/><path d="m15 17 9-9m-4 4 3.5 3.5"/></g></svg>`

export interface Branding {
  /** An SVG document. */
  logo: string | undefined
  colors: Colors
}

export function files({ logo, colors }: Branding): Middleware {
  const served: Record<string, { type: string; body: string }> = {
    '/interaction/style.css': { type: 'text/css', body: STYLE + colorStyle(colors) },
    '/interaction/script.js': { type: 'text/javascript', body: SCRIPT },
    '/interaction/logo.svg': { type: 'image/svg+xml', body: logo ?? KEY },
  }
  return (ctx, next) => {
    const file = ctx.method === 'GET' ? served[ctx.path] : undefined
    if (!file) return next()
    ctx.type = file.type
    ctx.set('cache-control', 'public, max-age=3600')
    ctx.body = file.body
    return undefined
  }
}
