/**
 * Where a signed-in person manages their passkeys: /oauth2/account. Changing them takes a session
 * that began a short while ago, so that a browser left alone is not enough.
 */

import type { Context, Middleware } from 'oidc-provider/lib/provider.js'
import type { ResolvedConfig } from '../config.ts'
import { type PasskeyParts, registrationOptions, verifyRegistration } from '../oidc/passkeys.ts'
import { currentWork } from '../oidc/request-work.ts'
import { personOf } from '../storage/issuer-storage.ts'
import { placeOfPerson } from '../storage/places.ts'
import type { UserInfo } from '../storage/user-info.ts'
import { readForm } from './form.ts'
import type { InteractionParts } from './interaction.ts'
import { isOwnForm } from './own-form.ts'
import { accountPage, errorPage } from './pages.ts'
import { send } from './send.ts'

const PATH = '/oauth2/account'
const FRESH_SECONDS = 900

export function accountPages(parts: InteractionParts): Middleware {
  const { provider, config } = parts
  return async (ctx, next) => {
    if (ctx.path !== PATH && !ctx.path.startsWith(`${PATH}/`)) return next()
    ctx.set('cache-control', 'no-store')
    const session = await provider.Session.get(ctx)
    const user = session.accountId && (await currentWork().findPerson(session.accountId))
    if (!user) return refuse(ctx, config, 401, 'login_required', 'sign in through an application')
    const fresh = Date.now() / 1000 - (session.loginTs ?? 0) < FRESH_SECONDS
    if (ctx.method === 'GET' && ctx.path === PATH) return show(ctx, parts, user, fresh)
    if (ctx.method !== 'POST') return refuse(ctx, config, 404, 'not_found', 'there is no such page')
    if (!isOwnForm(ctx, config.issuer)) {
      return refuse(ctx, config, 403, 'csrf', 'the form was not sent from this page')
    }
    if (!fresh) return refuse(ctx, config, 403, 'login_required', 'sign in again first')
    return change({ ...parts, ctx }, user, session.uid)
  }
}

async function change(parts: PasskeyParts, user: UserInfo, scope: string): Promise<void> {
  const { ctx, config, env } = parts
  if (ctx.path === `${PATH}/passkey-options`) {
    ctx.body = await registrationOptions(parts, scope, user)
    return
  }
  const form = await readForm(ctx.req)
  if (ctx.path === `${PATH}/passkey`) {
    const answer = { response: form.get('response') ?? '', name: form.get('name') ?? '' }
    if (!(await verifyRegistration(parts, scope, user, answer))) {
      return refuse(ctx, config, 400, 'invalid_request', 'the passkey could not be added')
    }
  } else if (ctx.path === `${PATH}/remove`) {
    await personOf(env, placeOfPerson(user.id) ?? '').removePasskey(form.get('id') ?? '')
  } else {
    return refuse(ctx, config, 404, 'not_found', 'there is no such page')
  }
  ctx.status = 303
  ctx.set('location', PATH)
  ctx.body = ''
}

async function show(
  ctx: Context,
  { config, env }: InteractionParts,
  user: UserInfo,
  fresh: boolean,
): Promise<void> {
  const passkeys = await personOf(env, placeOfPerson(user.id) ?? '').passkeys()
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
