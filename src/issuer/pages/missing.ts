/** Pages for what is not there or does not work, where the library would answer two words. */

import type { Context, Middleware, ProviderError } from 'oidc-provider/lib/provider.js'
import { errorPage } from './error-page.ts'
import { send } from './send.ts'

export function missingPages(title: string): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const { statusCode, error: code } = error as Partial<ProviderError>
      if (code === undefined || statusCode === undefined) throw error
      ctx.status = statusCode
      send(ctx, errorPage(title, code, undefined))
      return
    }
    const { status } = ctx
    if ((status !== 404 && status !== 405) || !isEmpty(ctx)) return
    ctx.status = status
    const text =
      status === 404
        ? 'there is no such page'
        : 'this page is opened by following a link or sending its form'
    if (ctx.accepts('json', 'html') === 'html') {
      send(ctx, errorPage(title, status === 404 ? 'not_found' : 'method_not_allowed', text))
    } else {
      ctx.body = { error: 'invalid_request', error_description: text }
    }
    ctx.status = status
  }
}

function isEmpty({ body }: Context): boolean {
  return body === undefined || body === null || body === ''
}
