/**
 * The steps of a sign-in that people see, as a middleware in front of oidc-provider's own routes. Which
 * step is due, and where it leads, the library has decided and stored; a form here only answers it.
 */

import { SessionNotFound } from 'oidc-provider/lib/helpers/errors.js'
import type { Middleware, ProviderError } from 'oidc-provider/lib/provider.js'
import { signInOptions, verifySignIn } from '../oidc/passkeys.ts'
import { currentWork } from '../oidc/request-work.ts'
import { awaitCode, checkCode } from '../oidc/second-factor.ts'
import { signIn } from '../oidc/sign-in.ts'
import { allow, consentPage } from './consent.ts'
import { errorPage } from './error-page.ts'
import { readForm } from './form.ts'
import { isOwnForm } from './own-form.ts'
import { send } from './send.ts'
import { finish, type InteractionParts, type Step, seeOther, showCode, showSignIn } from './step.ts'
import { finishUpstream, startUpstream } from './upstream.ts'

const PATH =
  /^\/interaction\/([\w-]{1,64})(?:\/(login|passkey|passkey-options|upstream|code|consent|switch|abort))?$/

/** Ways to answer the question who it is. */
const SIGN_IN_STEPS = new Set(['login', 'passkey', 'passkey-options', 'upstream', 'code'])

export function interactionPages(parts: InteractionParts): Middleware {
  const { provider, config } = parts
  return async (ctx, next) => {
    const [, uid, step] = PATH.exec(ctx.path) ?? []
    if (uid === undefined) return next()
    ctx.set('cache-control', 'no-store')
    try {
      const interaction = await provider.interactionDetails(ctx.req, ctx.res)
      if (interaction.uid !== uid) throw new SessionNotFound('another interaction has begun')
      await answer({ ...parts, ctx, interaction }, step)
    } catch (error) {
      const { statusCode, error: code } = error as ProviderError
      if (code === undefined) throw error
      ctx.status = statusCode
      const isOver = code === 'invalid_request'
      const text = 'the sign-in has expired or was completed elsewhere'
      send(ctx, errorPage(config.title, isOver ? 'expired' : code, isOver ? text : undefined))
    }
  }
}

async function answer(step: Step, name: string | undefined): Promise<void> {
  const { ctx, interaction, config } = step
  if (name === undefined && ctx.method === 'GET') return show(step)
  if (name === 'upstream' && ctx.method === 'GET') return finishUpstream(step)
  if (name === undefined || ctx.method !== 'POST') {
    ctx.status = 405
    ctx.set('allow', name === undefined ? 'GET' : 'POST')
    ctx.body = ''
    return
  }
  if (!isOwnForm(ctx, config.issuer)) {
    ctx.status = 403
    send(ctx, errorPage(config.title, 'csrf', 'the form was not sent from this page'))
    return
  }
  if (name === 'abort') {
    return finish(step, { error: 'access_denied', error_description: 'the person declined' }, false)
  }
  if (name === 'switch' && interaction.deviceCode === undefined) return switchAccount(step)
  // A form of the step before, sent again with the back button: show the step that is due.
  const due = SIGN_IN_STEPS.has(name) ? 'login' : name
  if (due !== interaction.prompt.name) return seeOther(ctx, `/interaction/${interaction.uid}`)
  if (name === 'login') return login(step)
  if (name === 'upstream') return startUpstream(step)
  if (name === 'code') return code(step)
  if (name === 'consent') return finish(step, await allow(step.provider, interaction), true)
  return passkey(step, name)
}

async function show(step: Step): Promise<void> {
  const { ctx, provider, config, interaction } = step
  const { prompt, params, session } = interaction
  if (prompt.name === 'login') return showSignIn(step, { login: prompt.details.login_hint ?? '' })
  const client = await provider.Client.find(params.client_id)
  const user = await currentWork().findPerson(session?.accountId ?? '')
  send(ctx, consentPage({ config, interaction, client, login: user?.login ?? '' }))
}

async function login(step: Step): Promise<void> {
  const { ctx } = step
  const form = await readForm(ctx.req)
  const name = form.get('login') ?? ''
  const password = form.get('password') ?? ''
  const result = await signIn(step, { login: name, password })
  if (result.outcome === 'signed_in') {
    return finish(step, { login: { accountId: result.accountId, amr: ['pwd'] } }, true)
  }
  if (result.outcome === 'code') {
    awaitCode(step, step.interaction.uid, { personId: result.accountId, first: 'password' })
    return showCode(step)
  }
  if (result.outcome === 'limited') {
    ctx.status = 429
    ctx.set('retry-after', String(result.retryAfterSeconds))
  } else {
    ctx.status = 401
  }
  const problem =
    result.outcome === 'limited'
      ? `Too many attempts. Try again in ${minutes(result.retryAfterSeconds)}.`
      : 'The name or the password is not right.'
  return showSignIn(step, { login: name, problem })
}

async function code(step: Step): Promise<void> {
  const { ctx, interaction } = step
  const form = await readForm(ctx.req)
  const result = await checkCode(step, interaction.uid, form.get('code') ?? '')
  if (typeof result === 'object') {
    return finish(step, { login: result }, true)
  }
  if (result === 'over') return seeOther(ctx, `/interaction/${interaction.uid}`)
  ctx.status = result === 'limited' ? 429 : 401
  const problem =
    result === 'limited'
      ? 'Too many attempts. Try again in 15 minutes.'
      : 'The code is not right. It changes every 30 seconds.'
  return showCode(step, problem)
}

async function passkey(step: Step, name: string): Promise<void> {
  const { ctx, interaction } = step
  if (name === 'passkey-options') {
    ctx.body = await signInOptions(step, interaction.uid)
    return
  }
  const form = await readForm(ctx.req)
  const accountId = await verifySignIn(step, interaction.uid, form.get('response') ?? '')
  if (accountId !== undefined) return finish(step, { login: { accountId, amr: ['hwk'] } }, true)
  ctx.status = 401
  return showSignIn(step, { login: '', problem: 'The passkey was not accepted.' })
}

/** Begins again, and asks who it is. */
function switchAccount({ ctx, interaction }: Step): void {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(interaction.params)) {
    for (const one of [value ?? []].flat()) query.append(name, one)
  }
  query.set('prompt', 'login')
  seeOther(ctx, `/oauth2/authorize?${query}`)
}

function minutes(seconds: number): string {
  const count = Math.max(1, Math.ceil(seconds / 60))
  return count === 1 ? 'a minute' : `${count} minutes`
}
