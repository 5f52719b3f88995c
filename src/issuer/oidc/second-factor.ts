/**
 * The second step of a sign-in with a password or at another provider, for who has an authenticator app. A passkey is two
 * factors by itself and needs none.
 */

import type { Context } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv } from '../config.ts'
import { factorsOf } from '../storage/issuer-storage.ts'
import { placeOfPerson } from '../storage/places.ts'
import { SealedBox } from '../storage/sealed-box.ts'
import type { BrowserStore } from './browser-store.ts'
import { addressOf } from './network.ts'
import { newTotpSecret, totpStep } from './totp.ts'
import { unavailable } from './unavailable.ts'

const COOKIE = 'second'
const SECONDS = 300

export interface SecondFactorParts {
  ctx: Context
  env: IssuerEnv
  browser: BrowserStore
}

/** Who has taken the first step, and how: with a password, or at another provider, by its name. */
export interface FirstStep {
  personId: string
  first: string
}

interface Waiting extends FirstStep {
  /** Unix seconds until which a code may follow. */
  expiresAt: number
}

/** Remembers in the browser that this person's first step was right. */
export function awaitCode({ ctx, browser }: SecondFactorParts, uid: string, step: FirstStep): void {
  const waiting: Waiting = { ...step, expiresAt: nowSeconds() + SECONDS }
  browser.put(ctx, COOKIE, uid, waiting, { path: `/interaction/${uid}`, seconds: SECONDS })
}

/** `amr` as of RFC 8176: the person, and how they have shown that it is them. */
export type CodeCheck = 'over' | 'wrong' | 'limited' | { accountId: string; amr: string[] }

/** Checks the code that follows the first step. */
export async function checkCode(
  { ctx, env, browser }: SecondFactorParts,
  uid: string,
  code: string,
): Promise<CodeCheck> {
  const waiting = browser.get(ctx, COOKIE, uid) as Waiting | undefined
  if (!waiting || waiting.expiresAt <= nowSeconds()) return 'over'
  const person = factorsOf(env, placeOfPerson(waiting.personId) ?? '')
  // Counted before its outcome is known.
  const totp = await unavailable(person.tryTotp())
  if (!totp) return 'limited'
  const secret = await boxOf(env).open(totp.secret)
  const step = totpStep(secret, code, nowSeconds(), totp.lastStep)
  if (step === undefined) return 'wrong'
  const how = `${waiting.first} and code from ${addressOf(ctx)}`
  if (!(await unavailable(person.useTotp(step, how)))) return 'wrong'
  browser.drop(ctx, COOKIE, `/interaction/${uid}`)
  const amr = [...(waiting.first === 'password' ? ['pwd'] : []), 'otp', 'mfa']
  return { accountId: waiting.personId, amr }
}

/** Makes a secret that counts once a code of it was shown; answers it. */
export async function beginTotp(env: IssuerEnv, personId: string): Promise<string> {
  const secret = newTotpSecret()
  const sealed = await boxOf(env).seal(secret)
  await unavailable(factorsOf(env, placeOfPerson(personId) ?? '').beginTotp(sealed))
  return secret
}

/** Answers true, or the secret that is still to be shown a code of; undefined where there is none. */
export async function confirmTotp(
  env: IssuerEnv,
  personId: string,
  code: string,
): Promise<true | string | undefined> {
  const person = factorsOf(env, placeOfPerson(personId) ?? '')
  const sealed = await unavailable(person.pendingTotp())
  if (sealed === undefined) return undefined
  const secret = await boxOf(env).open(sealed)
  const step = totpStep(secret, code, nowSeconds(), 0)
  if (step === undefined) return secret
  await unavailable(person.confirmTotp(step))
  return true
}

function boxOf(env: IssuerEnv): SealedBox {
  return new SealedBox(env.ISSUER_KEY_SECRET, 'secrets of authenticator apps')
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
