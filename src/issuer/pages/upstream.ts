/**
 * The steps of a sign-in that lead to another OpenID provider and back. The provider knows one address to
 * send people back to; the state says which interaction it was, and the rest happens there, where the
 * browser has the cookies of that interaction alone.
 */

import type { Middleware } from 'oidc-provider/lib/provider.js'
import { addressLimits, addressOf, networkOf } from '../oidc/network.ts'
import { awaitCode } from '../oidc/second-factor.ts'
import { unavailable } from '../oidc/unavailable.ts'
import { UPSTREAM_PATH, type UpstreamStart } from '../oidc/upstream.ts'
import { UpstreamError, type UpstreamFailure } from '../oidc/upstream-failure.ts'
import { signInElsewhere } from '../oidc/upstream-person.ts'
import { visitorsOf } from '../storage/issuer-storage.ts'
import { errorPage } from './error-page.ts'
import { send } from './send.ts'
import { finish, type InteractionParts, type Step, seeOther, showCode, showSignIn } from './step.ts'

const COOKIE = 'upstream'
/** How long a person may take there. */
const SECONDS = 600
/** What one address may begin in a minute: each takes requests to the provider. */
const MAX_STARTS = 30
const WINDOW_SECONDS = 60

interface Kept extends UpstreamStart {
  /** Unix seconds. */
  expiresAt: number
}

type Problem = UpstreamFailure | 'over' | 'busy' | 'unverified' | 'nobody'

const STATUS: Record<Problem, number> = {
  denied: 401,
  unreachable: 503,
  refused: 502,
  over: 400,
  busy: 429,
  unverified: 403,
  nobody: 403,
}

/** Takes people in who come back, and leads them to their interaction. */
export function upstreamReturn({ config, upstream }: InteractionParts): Middleware {
  return (ctx, next) => {
    if (!upstream || ctx.path !== UPSTREAM_PATH) return next()
    const { search, searchParams } = new URL(ctx.href)
    const [, uid] = /^([\w-]{1,64})\./.exec(searchParams.get('state') ?? '') ?? []
    ctx.set('cache-control', 'no-store')
    if (ctx.method === 'GET' && uid !== undefined) {
      return seeOther(ctx, `/interaction/${uid}/upstream${search}`)
    }
    ctx.status = 400
    send(ctx, errorPage(config.title, 'expired', undefined))
  }
}

/** Sends the person to the provider. */
export async function startUpstream(step: Step): Promise<void> {
  const { ctx, env, browser, interaction, upstream } = step
  const { uid, prompt } = interaction
  if (!upstream) return seeOther(ctx, `/interaction/${uid}`)
  const address = addressOf(ctx)
  const limits = addressLimits('upstream', address, MAX_STARTS, WINDOW_SECONDS)
  if ((await unavailable(visitorsOf(env, networkOf(address)).reserve(limits))) > 0) {
    return showProblem(step, 'busy')
  }
  const afresh = prompt.reasons.some((reason) => reason === 'login_prompt' || reason === 'max_age')
  try {
    const { url, kept } = await upstream.start(uid, afresh)
    const value: Kept = { ...kept, expiresAt: nowSeconds() + SECONDS }
    browser.put(ctx, COOKIE, uid, value, { path: `/interaction/${uid}`, seconds: SECONDS })
    seeOther(ctx, url.href)
  } catch (error) {
    return showFailure(step, error)
  }
}

/** Takes the provider's answer. What was kept for it is gone afterwards, whatever the answer is. */
export async function finishUpstream(step: Step): Promise<void> {
  const { ctx, env, browser, config, interaction, upstream } = step
  const { uid, prompt } = interaction
  const path = `/interaction/${uid}`
  const kept = browser.get(ctx, COOKIE, uid) as Kept | undefined
  browser.drop(ctx, COOKIE, path)
  if (!upstream || !config.upstream || prompt.name !== 'login') return seeOther(ctx, path)
  if (!kept || kept.expiresAt <= nowSeconds()) return showProblem(step, 'over')
  try {
    const identity = await upstream.finish(kept, new URL(ctx.href).searchParams)
    const { state, expiresAt } = kept
    const signIn = { state, expiresAt, address: addressOf(ctx) }
    const person = await signInElsewhere(env, config.upstream, identity, signIn)
    if (typeof person === 'string') return showProblem(step, person)
    if (!person.needsCode) return finish(step, { login: { accountId: person.id } }, true)
    awaitCode(step, uid, { personId: person.id, first: config.upstream.name })
    return showCode(step)
  } catch (error) {
    return showFailure(step, error)
  }
}

function showFailure(step: Step, error: unknown): Promise<void> {
  if (!(error instanceof UpstreamError)) throw error
  console.warn(`issuer: nobody signed in at the upstream provider: ${error.message}`)
  return showProblem(step, error.failure)
}

/** The sign-in page again: every other way to sign in is on it. */
function showProblem(step: Step, problem: Problem): Promise<void> {
  const name = step.config.upstream?.name ?? ''
  step.ctx.status = STATUS[problem]
  return showSignIn(step, { login: '', problem: textOf(problem, name) })
}

function textOf(problem: Problem, name: string): string {
  switch (problem) {
    case 'denied':
      return `${name} did not sign you in. Try again, or sign in another way.`
    case 'unreachable':
      return `${name} does not answer. Try again in a while, or sign in another way.`
    case 'refused':
      return `The answer of ${name} cannot be trusted, so you were not signed in. Try again.`
    case 'over':
      return `Signing in with ${name} took too long, or began in another window. Try again.`
    case 'busy':
      return 'Too many attempts. Try again in a minute.'
    case 'unverified':
      return `${name} has not verified your email address. Verify it there, or sign in another way.`
    case 'nobody':
      return `${name} knows you, but no account here is yours. Sign in another way, or ask for one.`
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
