/**
 * Ways off a page. Chromium applies the `form-action` of a page to every redirect that follows its
 * form, also to those of the application that is called back, so a form is never answered with a
 * redirect to elsewhere: a page in between goes on by itself. An application that is called by a scheme
 * of its own may only be opened at a touch, so there that page waits for one as well.
 */

import type { Middleware } from 'oidc-provider/lib/provider.js'
import { onwardPage } from './onward.ts'
import { send } from './send.ts'

const FORMS =
  /^\/(?:interaction|oauth2\/(?:authorize|logout|device|account|password|email))(?:\/|$)/
const PAGES = /^\/(?:interaction|oauth2\/(?:account|password|email))(?:\/|$)/

export function leavePages(title: string): Middleware {
  return async (ctx, next) => {
    await next()
    const location = ctx.response.get('location')
    const target = location && FORMS.test(ctx.path) ? URL.parse(location, ctx.href) : null
    if (!target) return
    const isWeb = target.protocol === 'https:' || target.protocol === 'http:'
    const isOwnPage = target.origin === new URL(ctx.href).origin && PAGES.test(target.pathname)
    if (isWeb && (ctx.method !== 'POST' || isOwnPage)) return
    ctx.status = 200
    ctx.response.remove('location')
    ctx.set('cache-control', 'no-store')
    send(ctx, onwardPage({ title, target: target.href, isWeb }))
  }
}
