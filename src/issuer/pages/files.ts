/** The stylesheet and the script, as files: the policy of the pages allows nothing inline. */

import type { Context } from 'oidc-provider/lib/provider.js'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

const FILES: Record<string, { type: string; body: string }> = {
  '/interaction/style.css': { type: 'text/css', body: STYLE },
  '/interaction/script.js': { type: 'text/javascript', body: SCRIPT },
}

export function files(ctx: Context, next: () => Promise<void>): unknown {
  const file = ctx.method === 'GET' ? FILES[ctx.path] : undefined
  if (!file) return next()
  ctx.type = file.type
  ctx.set('cache-control', 'public, max-age=3600')
  ctx.body = file.body
  return undefined
}
