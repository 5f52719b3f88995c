/**
 * Checks a password. An unknown name, a disabled person and a wrong password get the same answer after
 * the same work, and every attempt counts before its outcome is known.
 */

import type { Context } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv } from '../config.ts'
import { directoryOf, factorsOf, loginOf, visitorsOf } from '../storage/issuer-storage.ts'
import { loginObject, normalizeLogin, placeOfPerson } from '../storage/places.ts'
import type { BrowserStore } from './browser-store.ts'
import { addressLimits, addressName, addressOf, networkOf } from './network.ts'
import { unavailable } from './unavailable.ts'

/** Wrong passwords from one address in 15 minutes, whatever the login; login.ts counts by login. */
const ADDRESS_MAX = 50
const WINDOW_SECONDS = 900

const DEVICE_COOKIE = 'device'
const DEVICE_PATH = '/interaction'
/** A browser keeps no cookie for longer. */
const DEVICE_SECONDS = 34_560_000
const MAX_LOGINS_OF_DEVICE = 10

export type SignIn =
  | { outcome: 'signed_in'; accountId: string }
  /** The password is right; the code of an authenticator app has to follow. */
  | { outcome: 'code'; accountId: string }
  | { outcome: 'refused' }
  | { outcome: 'limited'; retryAfterSeconds: number }

/** A browser that has signed in before, and as whom. */
interface Device {
  id: string
  logins: string[]
}

export interface SignInParts {
  ctx: Context
  env: IssuerEnv
  browser: BrowserStore
  /** True while somebody may still be where everything was kept before. */
  hasPlaceless: boolean
}

export async function signIn(
  { ctx, env, browser, hasPlaceless }: SignInParts,
  typed: { login: string; password: string },
): Promise<SignIn> {
  const login = normalizeLogin(typed.login)
  const address = addressOf(ctx)
  const device = deviceOf(ctx, browser)
  const isKnown = device?.logins.includes(loginObject(login)) === true
  const limits = addressLimits('sign-in', address, ADDRESS_MAX, WINDOW_SECONDS)
  const network = networkOf(address)
  // What strangers of the same office or the same provider do is not held against a known device.
  const wait = isKnown ? 0 : await unavailable(visitorsOf(env, network).reserve(limits))
  if (wait > 0) return { outcome: 'limited', retryAfterSeconds: wait }
  if (hasPlaceless) await unavailable(directoryOf(env).moveLogin(login))
  const guesser = { address: addressName(address), ...(isKnown && device && { device: device.id }) }
  const { personId, retryAfterSeconds } = await unavailable(
    loginOf(env, login).check(typed.password, guesser),
  )
  if (retryAfterSeconds !== undefined) return { outcome: 'limited', retryAfterSeconds }
  const place = personId === undefined ? undefined : placeOfPerson(personId)
  const how = `password from ${address}`
  const person = place && (await unavailable(factorsOf(env, place).signIn(how)))
  if (!person) return { outcome: 'refused' }
  const buckets = limits.map(({ bucket }) => bucket)
  if (!isKnown) await unavailable(visitorsOf(env, network).release(buckets))
  rememberDevice(ctx, browser, device, loginObject(login))
  return { outcome: person.needsCode ? 'code' : 'signed_in', accountId: person.id }
}

function deviceOf(ctx: Context, browser: BrowserStore): Device | undefined {
  return browser.get(ctx, DEVICE_COOKIE, '') as Device | undefined
}

function rememberDevice(
  ctx: Context,
  browser: BrowserStore,
  known: Device | undefined,
  login: string,
): void {
  const others = (known?.logins ?? []).filter((other) => other !== login)
  const device: Device = {
    id: known?.id ?? crypto.randomUUID(),
    logins: [login, ...others].slice(0, MAX_LOGINS_OF_DEVICE),
  }
  const where = { path: DEVICE_PATH, seconds: DEVICE_SECONDS }
  browser.put(ctx, DEVICE_COOKIE, '', device, where)
}
