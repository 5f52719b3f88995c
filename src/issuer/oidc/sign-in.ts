/**
 * Checks a password. An unknown name, a disabled person and a wrong password get the same answer after
 * the same work, and every attempt counts before its outcome is known.
 */

import { hash } from 'node:crypto'
import type { IssuerEnv } from '../config.ts'
import { hasherOf, storageOf } from '../storage/issuer-storage.ts'
import { normalizeLogin } from '../storage/users.ts'

/** 10 attempts per account and 50 per address in 15 minutes. */
const ACCOUNT_MAX = 10
const ADDRESS_MAX = 50
const WINDOW_SECONDS = 900

export type SignIn =
  | { outcome: 'signed_in'; accountId: string }
  | { outcome: 'refused' }
  | { outcome: 'limited'; retryAfterSeconds: number }

export interface SignInAttempt {
  login: string
  password: string
  /** The network address of the person's browser. */
  address: string
}

export async function signIn(env: IssuerEnv, attempt: SignInAttempt): Promise<SignIn> {
  // Hashed, because people type passwords into the wrong field.
  const login = normalizeLogin(attempt.login)
  const account = `account:${hash('sha256', login, 'base64url')}`
  const address = `address:${hash('sha256', addressPrefix(attempt.address), 'base64url')}`
  const retryAfterSeconds = await storageOf(env).reserveAttempt([
    { bucket: account, max: ACCOUNT_MAX, windowSeconds: WINDOW_SECONDS },
    { bucket: address, max: ADDRESS_MAX, windowSeconds: WINDOW_SECONDS },
  ])
  if (retryAfterSeconds > 0) return { outcome: 'limited', retryAfterSeconds }
  const record = await storageOf(env).passwordOf(login)
  const matches = await hasherOf(env, account).checkPassword(attempt.password, record?.hash)
  if (!record || !matches) return { outcome: 'refused' }
  await storageOf(env).forgiveAttempt(account, address)
  return { outcome: 'signed_in', accountId: record.id }
}

/** An IPv6 customer has a whole /64, so that is what counts as one address. */
function addressPrefix(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head ? head.split(':') : []
  if (tail !== undefined) {
    const rest = tail ? tail.split(':') : []
    while (groups.length + rest.length < 8) groups.push('0')
    groups.push(...rest)
  }
  return groups.slice(0, 4).join(':')
}
