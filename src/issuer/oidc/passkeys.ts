/**
 * Passkeys (WebAuthn): registering one, and signing in with one instead of a password. A challenge
 * works once and for five minutes; the authenticator has to verify the person.
 */

import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Context } from 'oidc-provider/lib/provider.js'
import { encodeUtf8 } from '../../lib/bytes.ts'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { directoryOf, factorsOf, personOf } from '../storage/issuer-storage.ts'
import { placeOfPerson } from '../storage/places.ts'
import type { UserInfo } from '../storage/user-info.ts'
import type { BrowserStore } from './browser-store.ts'
import { addressOf } from './network.ts'
import { currentWork } from './request-work.ts'
import { unavailable } from './unavailable.ts'

const CHALLENGE = 'PasskeyChallenge'
const CHALLENGE_COOKIE = 'challenge'
const CHALLENGE_SECONDS = 300

export interface PasskeyParts {
  ctx: Context
  env: IssuerEnv
  config: ResolvedConfig
  browser: BrowserStore
  hasPlaceless: boolean
}

interface KeptChallenge {
  challenge: string
  /** Unix seconds. */
  expiresAt: number
}

/** What the browser needs to sign in; `uid` is the interaction it belongs to. */
export async function signInOptions(parts: PasskeyParts, uid: string): Promise<object> {
  const options = await generateAuthenticationOptions({
    rpID: relyingParty(parts.config),
    userVerification: 'required',
  })
  const kept: KeptChallenge = {
    challenge: options.challenge,
    expiresAt: nowSeconds() + CHALLENGE_SECONDS,
  }
  const where = { path: `/interaction/${uid}`, seconds: CHALLENGE_SECONDS }
  parts.browser.put(parts.ctx, CHALLENGE_COOKIE, uid, kept, where)
  return options
}

/** Answers the id of the person who signed in, or undefined. */
export async function verifySignIn(
  parts: PasskeyParts,
  uid: string,
  answer: string,
): Promise<string | undefined> {
  const { ctx, env, config, browser } = parts
  const kept = browser.get(ctx, CHALLENGE_COOKIE, uid) as KeptChallenge | undefined
  browser.drop(ctx, CHALLENGE_COOKIE, `/interaction/${uid}`)
  const response = parse<AuthenticationResponseJSON>(answer)
  if (!kept || kept.expiresAt <= nowSeconds() || typeof response?.id !== 'string') return undefined
  // Every authenticator that can sign in without a name says whose passkey it is.
  const { userHandle } = (response as Partial<AuthenticationResponseJSON>).response ?? {}
  const userId = Buffer.from(String(userHandle), 'base64url').toString('utf8')
  const place = placeOfPerson(userId)
  if (place === undefined) return undefined
  if (parts.hasPlaceless) await unavailable(directoryOf(env).movePerson(userId))
  const person = factorsOf(env, place)
  const passkey = await unavailable(person.findPasskey(response.id))
  if (!passkey) return undefined
  const result = await verified(
    verifyAuthenticationResponse({
      response,
      expectedChallenge: kept.challenge,
      expectedOrigin: config.issuer,
      expectedRPID: relyingParty(config),
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
      },
    }),
  )
  if (!result) return undefined
  const { newCounter } = result.authenticationInfo
  const isFirst = await unavailable(
    person.usePasskey(passkey.id, newCounter, { ...kept, how: `passkey from ${addressOf(ctx)}` }),
  )
  // A disabled person has passkeys still.
  const user = isFirst ? await currentWork().findPerson(userId) : undefined
  return user?.id
}

/** What the browser needs to make a passkey for `user`; `scope` is their session. */
export async function registrationOptions(
  { env, config }: PasskeyParts,
  scope: string,
  user: UserInfo,
): Promise<object> {
  const place = placeOf(user)
  const existing = await unavailable(factorsOf(env, place).passkeys())
  const options = await generateRegistrationOptions({
    rpName: config.title,
    rpID: relyingParty(config),
    userName: user.login,
    userDisplayName: user.name ?? user.login,
    userID: encodeUtf8(user.id),
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: existing.map(({ id, transports }) => {
      return { id, transports: transports as AuthenticatorTransport[] }
    }),
  })
  const expiresAt = nowSeconds() + CHALLENGE_SECONDS
  const challenge = { model: CHALLENGE, id: scope, payload: options.challenge, expiresAt }
  currentWork().save(place, challenge)
  return options
}

/** Stores the passkey that the browser made; answers whether it did. */
export async function verifyRegistration(
  { env, config }: PasskeyParts,
  scope: string,
  user: UserInfo,
  answer: { response: string; name: string },
): Promise<boolean> {
  const place = placeOf(user)
  const expectedChallenge = await unavailable(personOf(env, place).take(CHALLENGE, scope))
  const response = parse<RegistrationResponseJSON>(answer.response)
  if (expectedChallenge === undefined || !response) return false
  const result = await verified(
    verifyRegistrationResponse({
      response,
      expectedChallenge,
      expectedOrigin: config.issuer,
      expectedRPID: relyingParty(config),
      requireUserVerification: true,
    }),
  )
  if (!result?.registrationInfo) return false
  const { credential } = result.registrationInfo
  return unavailable(
    factorsOf(env, place).addPasskey({
      id: credential.id,
      name: answer.name,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: credential.transports ?? [],
      createdAt: nowSeconds(),
      usedAt: null,
    }),
  )
}

function placeOf(user: UserInfo): string {
  const place = placeOfPerson(user.id)
  if (place === undefined) throw new Error('a person without a place')
  return place
}

function relyingParty(config: ResolvedConfig): string {
  return new URL(config.issuer).hostname
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** The library throws for whatever is wrong with an answer; to the person it is all the same. */
async function verified<T extends { verified: boolean }>(
  check: Promise<T>,
): Promise<T | undefined> {
  try {
    const result = await check
    return result.verified ? result : undefined
  } catch (error) {
    console.warn('issuer: passkey refused', error instanceof Error ? error.message : error)
    return undefined
  }
}

function parse<T>(json: string): T | undefined {
  try {
    return JSON.parse(json) as T
  } catch {
    return undefined
  }
}
