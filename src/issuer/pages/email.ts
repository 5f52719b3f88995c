/** The page that a link in a mail opens: a press of a button makes the address the person's. */

import type { Context, Middleware } from 'oidc-provider/lib/provider.js'
import { EMAIL_PATH, openEmailLink, useEmailLink } from '../oidc/email-links.ts'
import { unavailable } from '../oidc/unavailable.ts'
import { errorPage } from './error-page.ts'
import { readForm } from './form.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { isOwnForm } from './own-form.ts'
import { send } from './send.ts'
import type { InteractionParts } from './step.ts'

/** Following the link alone changes nothing: programs that look at mail for viruses follow it too. */
export function emailPages({ env, config }: InteractionParts): Middleware {
  const { title, issuer } = config
  return async (ctx, next) => {
    if (ctx.path !== EMAIL_PATH) return next()
    ctx.set('cache-control', 'no-store')
    if (ctx.method === 'GET') {
      const token = new URL(ctx.href).searchParams.get('token') ?? ''
      const link = await unavailable(openEmailLink(env, token))
      return link ? send(ctx, confirmPage(title, token, link)) : over(ctx, title)
    }
    if (ctx.method !== 'POST' || !isOwnForm(ctx, issuer)) {
      ctx.status = 403
      return send(ctx, errorPage(title, 'csrf', undefined))
    }
    const token = (await readForm(ctx.req)).get('token') ?? ''
    if (!(await unavailable(useEmailLink(env, token)))) return over(ctx, title)
    send(ctx, donePage(title))
  }
}

function over(ctx: Context, title: string): void {
  ctx.status = 400
  send(ctx, errorPage(title, 'link_over', undefined))
}

function confirmPage(
  title: string,
  token: string,
  { email, login }: { email: string; login: string },
): Html {
  return layout(
    title,
    html`<h1>Is this your address?</h1>
<p>The account <strong>${login}</strong> wants to use the address <strong>${email}</strong>. If you did not ask for this, close the page: nothing happens then.</p>
<form method="post" action="${EMAIL_PATH}">
<input type="hidden" name="token" value="${token}">
<button type="submit">Yes, it is mine</button>
</form>`,
  )
}

function donePage(title: string): Html {
  return layout(
    title,
    html`<h1>Your address is verified</h1>
<p>You can close this page.</p>`,
  )
}
