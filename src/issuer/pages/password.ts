/** The pages for a password that was forgotten, or that somebody who was invited does not have yet. */

import type { Context, Middleware } from 'oidc-provider/lib/provider.js'
import { reserveMessage } from '../oidc/message-limit.ts'
import {
  makePasswordLink,
  openPasswordLink,
  PASSWORD_PATH,
  sendPasswordLink,
  usePasswordLink,
} from '../oidc/password-links.ts'
import { unavailable } from '../oidc/unavailable.ts'
import { errorPage } from './error-page.ts'
import { readForm } from './form.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { isOwnForm } from './own-form.ts'
import { passwordField } from './password-field.ts'
import { send } from './send.ts'
import type { InteractionParts } from './step.ts'

const MIN_PASSWORD_LENGTH = 8

export interface PasswordParts extends InteractionParts {
  cookieKeys: readonly string[]
  /** Runs work behind the answer. */
  defer(work: Promise<unknown>): void
}

export function passwordPages(parts: PasswordParts): Middleware {
  const { config } = parts
  return async (ctx, next) => {
    const isSet = ctx.path === `${PASSWORD_PATH}/set`
    const isForgotten = ctx.path === PASSWORD_PATH && config.send !== undefined
    if (!isSet && !isForgotten) return next()
    ctx.set('cache-control', 'no-store')
    if (ctx.method === 'GET') {
      return isSet ? showSet(ctx, parts) : send(ctx, forgottenPage(config.title))
    }
    if (ctx.method !== 'POST' || !isOwnForm(ctx, config.issuer)) {
      ctx.status = 403
      return send(ctx, errorPage(config.title, 'csrf', undefined))
    }
    const form = await readForm(ctx.req)
    return isSet ? setPassword(ctx, parts, form) : sendLink(ctx, parts, form.get('login') ?? '')
  }
}

/** The answer is the same whether or not there is such a person, and takes no longer. */
async function sendLink(ctx: Context, parts: PasswordParts, login: string): Promise<void> {
  const { env, config, cookieKeys } = parts
  const wait = await reserveMessage(ctx, env)
  if (wait > 0) {
    ctx.status = 429
    ctx.set('retry-after', String(wait))
    return send(ctx, errorPage(config.title, 'temporarily_unavailable', 'too many messages'))
  }
  const sending = async () => {
    const link = await makePasswordLink(env, cookieKeys, 'reset', login)
    if (link) await sendPasswordLink(env, config, link)
  }
  parts.defer(sending().catch((error) => console.error('issuer: a message was not sent', error)))
  send(ctx, sentPage(config.title))
}

async function showSet(ctx: Context, { env, config, cookieKeys }: PasswordParts): Promise<void> {
  const token = new URL(ctx.href).searchParams.get('token') ?? ''
  const link = await unavailable(openPasswordLink(env, cookieKeys, token))
  if (link) return send(ctx, setPage(config.title, token, link.login))
  ctx.status = 400
  send(ctx, errorPage(config.title, 'link_over', undefined))
}

async function setPassword(
  ctx: Context,
  { env, config, cookieKeys }: PasswordParts,
  form: URLSearchParams,
): Promise<void> {
  const token = form.get('token') ?? ''
  const password = form.get('new') ?? ''
  const link = await unavailable(openPasswordLink(env, cookieKeys, token))
  ctx.status = 400
  if (!link) return send(ctx, errorPage(config.title, 'link_over', undefined))
  if (password.length < MIN_PASSWORD_LENGTH) {
    return send(ctx, setPage(config.title, token, link.login, 'It needs 8 characters or more.'))
  }
  await unavailable(usePasswordLink(env, link, password))
  ctx.status = 200
  send(ctx, donePage(config.title))
}

function forgottenPage(title: string): Html {
  return layout(
    title,
    html`<h1>Forgot your password?</h1>
<p>You get a message with a link to set a new one.</p>
<form method="post" action="${PASSWORD_PATH}">
<label for="login">Name or email</label>
<input id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required autofocus>
<button type="submit">Send the message</button>
</form>`,
  )
}

function sentPage(title: string): Html {
  return layout(
    title,
    html`<h1>Look into your mail</h1>
<p>If there is an account of this name, a message is on its way. The link in it works for an hour. You can close this page.</p>`,
  )
}

function setPage(title: string, token: string, login: string, problem?: string): Html {
  return layout(
    title,
    html`<h1>Set your password</h1>
<p class="muted">for ${login}</p>
${problem !== undefined && html`<p class="alert" role="alert">${problem}</p>`}
<form method="post" action="${PASSWORD_PATH}/set">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="login" value="${login}" autocomplete="username">
${passwordField({ id: 'new', label: 'New password (8 characters or more)', autocomplete: 'new-password', autofocus: true })}
<button type="submit">Set the password</button>
</form>
<script src="/interaction/script.js" defer></script>`,
  )
}

function donePage(title: string): Html {
  return layout(
    title,
    html`<h1>Your password is set</h1>
<p>Go back to the application and sign in with it. You were signed out everywhere.</p>`,
  )
}
