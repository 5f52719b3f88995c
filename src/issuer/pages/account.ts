/**
 * Where a signed-in person looks after their sign-in: /oauth2/account. Changing how they sign in takes
 * a session that began a short while ago, so that a browser left alone is not enough.
 */

import type { Middleware } from 'oidc-provider/lib/provider.js'
import { isEmail, sendEmailLink } from '../oidc/email-links.ts'
import { reserveMessage } from '../oidc/message-limit.ts'
import { addressName, addressOf } from '../oidc/network.ts'
import { registrationOptions, verifyRegistration } from '../oidc/passkeys.ts'
import { currentWork } from '../oidc/request-work.ts'
import { beginTotp, confirmTotp } from '../oidc/second-factor.ts'
import { totpUrl } from '../oidc/totp.ts'
import { unavailable } from '../oidc/unavailable.ts'
import { factorsOf, loginOf, personOf } from '../storage/issuer-storage.ts'
import { ACCOUNT_PATH, removePasskeyPage } from './account-page.ts'
import { placeOf, refuse, show, type Visit } from './account-visit.ts'
import { readForm } from './form.ts'
import { isOwnForm } from './own-form.ts'
import { send } from './send.ts'
import type { InteractionParts } from './step.ts'
import { totpSetupPage } from './totp.ts'

const FRESH_SECONDS = 900
/** What ends access can be done from any session. */
const ALWAYS = new Set(['end-session', 'end-grant'])

export function accountPages(parts: InteractionParts): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== ACCOUNT_PATH && !ctx.path.startsWith(`${ACCOUNT_PATH}/`)) return next()
    ctx.set('cache-control', 'no-store')
    const session = await parts.provider.Session.get(ctx)
    const user = session.accountId && (await currentWork().findPerson(session.accountId))
    if (!user) return refuse(ctx, parts, 401, 'login_required', 'sign in through an application')
    const fresh = Date.now() / 1000 - (session.loginTs ?? 0) < FRESH_SECONDS
    const visit = { ...parts, ctx, session, user, fresh }
    const step = ctx.path.slice(ACCOUNT_PATH.length + 1)
    if (ctx.method === 'GET' && step === '') return show(visit)
    if (ctx.method === 'GET' && step === 'remove') return askToRemove(visit)
    if (ctx.method !== 'POST') return refuse(ctx, parts, 404, 'not_found', 'there is no such page')
    if (!isOwnForm(ctx, parts.config.issuer)) {
      return refuse(ctx, parts, 403, 'csrf', 'the form was not sent from this page')
    }
    if (!fresh && !ALWAYS.has(step)) {
      return refuse(ctx, parts, 403, 'login_required', 'sign in again first')
    }
    return change(visit, step)
  }
}

async function change(visit: Visit, step: string): Promise<void> {
  const { ctx, env, user, session } = visit
  const person = personOf(env, placeOf(user))
  if (step === 'passkey-options') {
    ctx.body = await registrationOptions(visit, session.uid, user)
    return
  }
  const form = await readForm(ctx.req)
  const field = (name: string) => form.get(name) ?? ''
  switch (step) {
    case 'passkey': {
      const answer = { response: field('response'), name: field('name').slice(0, 60) }
      if (await verifyRegistration(visit, session.uid, user, answer)) break
      ctx.status = 400
      return show(visit, { text: 'The passkey could not be added.', isProblem: true })
    }
    case 'remove':
      await unavailable(factorsOf(env, placeOf(user)).removePasskey(field('id')))
      break
    case 'email':
      return changeEmail(visit, field('email').trim())
    case 'totp-start':
      return showTotp(visit, await beginTotp(env, user.id))
    case 'totp-confirm': {
      const secret = await confirmTotp(env, user.id, field('code'))
      if (typeof secret !== 'string') break
      ctx.status = 400
      return showTotp(visit, secret, 'The code is not right. It changes every 30 seconds.')
    }
    case 'totp-remove':
      await unavailable(factorsOf(env, placeOf(user)).removeTotp())
      break
    case 'password':
      return changePassword(visit, field('current'), field('new'))
    case 'end-session':
      await unavailable(person.endSession(field('uid')))
      break
    case 'end-grant':
      for (const id of form.getAll('id')) await unavailable(person.endGrant(id))
      break
    default:
      return refuse(ctx, visit, 404, 'not_found', 'there is no such page')
  }
  ctx.status = 303
  ctx.set('location', ACCOUNT_PATH)
  ctx.body = ''
}

function showTotp({ ctx, config, user }: Visit, secret: string, problem?: string): void {
  const { title } = config
  const url = totpUrl(secret, title, user.login)
  send(ctx, totpSetupPage({ title, secret, url, ...(problem !== undefined && { problem }) }))
}

/** Other browsers are signed out by it, whoever sits there. */
async function changePassword(visit: Visit, current: string, next: string): Promise<void> {
  const { ctx, env, user, session } = visit
  const login = loginOf(env, user.login)
  const guesser = { address: addressName(addressOf(ctx)), device: session.uid }
  const { personId, retryAfterSeconds } = await unavailable(login.check(current, guesser))
  const problem =
    retryAfterSeconds !== undefined
      ? 'Too many attempts. Try again later.'
      : personId !== user.id
        ? 'The current password is not right.'
        : next.length < 8
          ? 'The new password needs 8 characters or more.'
          : undefined
  if (problem !== undefined) {
    ctx.status = 400
    return show(visit, { text: problem, isProblem: true })
  }
  await unavailable(login.setPassword(next))
  await unavailable(personOf(env, placeOf(user)).endOtherSessions(session.uid))
  return show(visit, {
    text: 'The password is changed, and you are signed out in other browsers.',
    isProblem: false,
  })
}

/** The address stays what it is until the link in the message is followed. */
async function changeEmail(visit: Visit, email: string): Promise<void> {
  const { ctx, env, config, user } = visit
  if (!config.send || !isEmail(email)) {
    ctx.status = 400
    return show(visit, { text: 'This is no email address that we can write to.', isProblem: true })
  }
  if ((await reserveMessage(ctx, env)) > 0) {
    ctx.status = 429
    return show(visit, { text: 'Too many messages. Try again in 15 minutes.', isProblem: true })
  }
  try {
    await sendEmailLink(env, config, user, email)
  } catch (error) {
    console.error('issuer: a message was not sent', error)
    ctx.status = 503
    const text = 'The message could not be sent. Try again in a while.'
    return show(visit, { text, isProblem: true })
  }
  const text = `A message is on its way to ${email}. The link in it works for a day.`
  return show(visit, { text, isProblem: false })
}

async function askToRemove(visit: Visit): Promise<void> {
  const { ctx, env, config, user } = visit
  const id = new URL(ctx.href).searchParams.get('id') ?? ''
  const passkey = await unavailable(factorsOf(env, placeOf(user)).findPasskey(id))
  if (!passkey) return refuse(ctx, visit, 404, 'not_found', 'there is no such passkey')
  send(ctx, removePasskeyPage(config.title, passkey))
}
