/**
 * Links with which a person shows that they read the mail of an address. The address becomes theirs, and
 * verified, when the link is followed, and not before. A link works once and for a day, and only the
 * newest one of a person does.
 */

import { hash } from 'node:crypto'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { directoryOf, factorsOf } from '../storage/issuer-storage.ts'
import { placeIn, placeOfPerson } from '../storage/places.ts'
import { randomSecret } from '../storage/secret-hash.ts'
import type { UserInfo } from '../storage/user-info.ts'

export const EMAIL_PATH = '/oauth2/email'

const SECONDS = 86_400
/** As browsers check it (HTML, "valid e-mail address"), and with a domain. */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d-]+\.)+[a-z\d-]+$/i
const MAX_LENGTH = 254

export function isEmail(text: string): boolean {
  return text.length <= MAX_LENGTH && ADDRESS.test(text)
}

/** Sends a link to `email`. Throws what the owner's function throws. */
export async function sendEmailLink(
  env: IssuerEnv,
  { send, title }: ResolvedConfig,
  { id, login }: UserInfo,
  email: string,
): Promise<void> {
  const place = placeOfPerson(id) ?? ''
  const token = place + randomSecret()
  const expiresAt = Math.floor(Date.now() / 1000) + SECONDS
  await factorsOf(env, place).awaitEmail(email, hashOf(token), expiresAt)
  const url = `${env.ISSUER}${EMAIL_PATH}?token=${token}`
  await send?.({ kind: 'verify', to: email, url, login, title }, env)
}

/** What the link of a token is about, while it works. */
export async function openEmailLink(
  env: IssuerEnv,
  token: string,
): Promise<{ email: string; login: string } | undefined> {
  const place = placeIn(token)
  if (place === undefined) return undefined
  return factorsOf(env, place).awaitedEmail(hashOf(token))
}

/** Makes the address the person's; answers false where the link works no more. */
export async function useEmailLink(env: IssuerEnv, token: string): Promise<boolean> {
  const place = placeIn(token)
  if (place === undefined) return false
  const info = await factorsOf(env, place).confirmEmail(hashOf(token))
  if (info) await directoryOf(env).putPerson(info)
  return info !== undefined
}

/** Who can read the storage cannot follow the link. */
function hashOf(token: string): string {
  return hash('sha256', token, 'base64url')
}
