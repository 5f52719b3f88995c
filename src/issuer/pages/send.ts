/** Answers with a page. */

import type { Context } from 'oidc-provider/lib/provider.js'
import type { Html } from './html.ts'

/** The status stays as it is. */
export function send(ctx: Context, page: Html): void {
  ctx.type = 'html'
  ctx.body = page.text
}
