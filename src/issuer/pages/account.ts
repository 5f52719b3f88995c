/**
 * Where a signed-in person manages their passkeys: /oauth2/account. Changing them takes a session
 * that began a short while ago, so that a browser left alone is not enough.
 */

import type { Context, Middleware, Provider } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { registrationOptions, verifyRegistration } from '../oidc/passkeys.ts'
import { storageOf } from '../storage/issuer-storage.ts'
import type { UserInfo } from '../storage/users.ts'
import { readForm } from './form.ts'
import { isOwnForm } from './own-form.ts'
import { accountPage, errorPage, send } from './pages.ts'

const PATH = '/oauth2/account'
const FRESH_SECONDS = 900

export function accountPages(
  provider: Provider,
  config: ResolvedConfig,
  env: IssuerEnv,
): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== PATH && !ctx.path.startsWith(`${PATH}/`)) return next()
    ctx.set('cache-control', 'no-store')
    const session = await provider.Session.get(ctx)
    const user = session.accountId && (await storageOf(env).findUser(session.accountId))
    if (!user) return refuse(ctx, config, 401, 'login_required', 'sign in through an application')
    const fresh = Date.now() / 1000 - (session.loginTs ?? 0) < FRESH_SECONDS
    if (ctx.method === 'GET' && ctx.path === PATH) return show(ctx, config, env, user, fresh)
    if (ctx.method !== 'POST') return refuse(ctx, config, 404, 'not_found', 'there is no such page')
    if (!isOwnForm(ctx, config.issuer)) {
      return refuse(ctx, config, 403, 'csrf', 'the form was not sent from this page')
    }
    if (!fresh) return refuse(ctx, config, 403, 'login_required', 'sign in again first')
    return change(ctx, config, env, user, `session:${session.uid}`)
  }
}

async function change(
  ctx: Context,
  config: ResolvedConfig,
  env: IssuerEnv,
  user: UserInfo,
  scope: string,
): Promise<void> {
  if (ctx.path === `${PATH}/passkey-options`) {
    ctx.body = await registrationOptions(env, config, scope, user)
    return
  }
  const form = await readForm(ctx.req)
  if (ctx.path === `${PATH}/passkey`) {
    const answer = form.get('response') ?? ''
    if (!(await verifyRegistration(env, config, scope, user, answer))) {
      return refuse(ctx, config, 400, 'invalid_request', 'the passkey could not be added')
    }
  } else if (ctx.path === `${PATH}/remove`) {
    await storageOf(env).removePasskey(form.get('id') ?? '', user.id)
  } else {
    return refuse(ctx, config, 404, 'not_found', 'there is no such page')
  }
  ctx.status = 303
  ctx.set('location', PATH)
  ctx.body = ''
}

async function show(
  ctx: Context,
  config: ResolvedConfig,
  env: IssuerEnv,
  user: UserInfo,
  fresh: boolean,
): Promise<void> {
  const passkeys = await storageOf(env).listPasskeys(user.id)
  send(ctx, accountPage({ title: config.title, action: PATH, login: user.login, passkeys, fresh }))
}

function refuse(
  ctx: Context,
  config: ResolvedConfig,
  status: number,
  code: string,
  text: string,
): void {
  ctx.status = status
  send(ctx, errorPage(config.title, code, text))
}
