/**
 * Passkeys (WebAuthn): registering one, and signing in with one instead of a password. A challenge is
 * stored, works once and for five minutes; the authenticator has to verify the person.
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
import { encodeUtf8 } from '../../lib/bytes.ts'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { storageOf } from '../storage/issuer-storage.ts'
import type { UserInfo } from '../storage/users.ts'

const CHALLENGE = 'PasskeyChallenge'
const CHALLENGE_SECONDS = 300

/** What the browser needs to sign in; `scope` is the interaction it belongs to. */
export async function signInOptions(
  env: IssuerEnv,
  config: ResolvedConfig,
  scope: string,
): Promise<object> {
  const options = await generateAuthenticationOptions({
    rpID: relyingParty(config),
    userVerification: 'required',
  })
  await keepChallenge(env, scope, options.challenge)
  return options
}

/** Answers the id of the person who signed in, or undefined. */
export async function verifySignIn(
  env: IssuerEnv,
  config: ResolvedConfig,
  scope: string,
  answer: string,
): Promise<string | undefined> {
  const expectedChallenge = await storageOf(env).takeArtifact(CHALLENGE, scope)
  const response = parse<AuthenticationResponseJSON>(answer)
  if (expectedChallenge === undefined || typeof response?.id !== 'string') return undefined
  const passkey = await storageOf(env).findPasskey(response.id)
  if (!passkey) return undefined
  const result = await verified(
    verifyAuthenticationResponse({
      response,
      expectedChallenge,
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
  // A disabled person has passkeys still.
  const user = await storageOf(env).findUser(passkey.userId)
  if (!user) return undefined
  await storageOf(env).countPasskey(passkey.id, result.authenticationInfo.newCounter)
  return user.id
}

/** What the browser needs to make a passkey for `user`; `scope` is their session. */
export async function registrationOptions(
  env: IssuerEnv,
  config: ResolvedConfig,
  scope: string,
  user: UserInfo,
): Promise<object> {
  const existing = await storageOf(env).listPasskeys(user.id)
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
  await keepChallenge(env, scope, options.challenge)
  return options
}

/** Stores the passkey that the browser made; answers whether it did. */
export async function verifyRegistration(
  env: IssuerEnv,
  config: ResolvedConfig,
  scope: string,
  user: UserInfo,
  answer: string,
): Promise<boolean> {
  const expectedChallenge = await storageOf(env).takeArtifact(CHALLENGE, scope)
  const response = parse<RegistrationResponseJSON>(answer)
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
  return storageOf(env).addPasskey({
    id: credential.id,
    userId: user.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: credential.transports ?? [],
    createdAt: Math.floor(Date.now() / 1000),
  })
}

async function keepChallenge(env: IssuerEnv, scope: string, challenge: string): Promise<void> {
  const expiresAt = Math.floor(Date.now() / 1000) + CHALLENGE_SECONDS
  await storageOf(env).saveArtifact({ model: CHALLENGE, id: scope, payload: challenge, expiresAt })
}

function relyingParty(config: ResolvedConfig): string {
  return new URL(config.issuer).hostname
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
