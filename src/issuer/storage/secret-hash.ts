/**
 * One-way forms of secrets. A client's secret is 256 random bits, so one SHA-256 is enough; a person's
 * password is not, so it costs scrypt. PBKDF2 is no choice here: production caps it at 100,000 rounds.
 */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** scrypt's cost. N=2^14 r=8 p=5 is one of OWASP's equivalent minimums, in 16 MiB of memory. */
interface ScryptCost {
  N: number
  r: number
  p: number
}

const COST: ScryptCost = { N: 16_384, r: 8, p: 5 }
const HASH_BYTES = 32

/** A way to keep passwords. */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Answers false without a stored hash, after the same work. */
  verify(password: string, stored: string | undefined): Promise<boolean>
}

/** The way that this server keeps them. */
export const scryptPasswords: Passwords = { hash: hashPassword, verify: verifyPassword }

/** 256 random bits as base64url: what this server hands out wherever a secret is needed. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Hashes a secret of high entropy. */
export async function hashSecret(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(secret, 'utf8'))
  return `sha256$${Buffer.from(digest).toString('base64url')}`
}

/** Compares in constant time. */
export async function verifySecret(secret: string, hash: string): Promise<boolean> {
  return constantTimeEqual(await hashSecret(secret), hash)
}

/** Compares two strings in time that depends on neither's content nor on where they differ. */
export async function constantTimeEqual(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all(
    [a, b].map((text) => crypto.subtle.digest('SHA-256', Buffer.from(text, 'utf8'))),
  )
  return timingSafeEqual(Buffer.from(left as ArrayBuffer), Buffer.from(right as ArrayBuffer))
}

/** Hashes a password, its cost and salt included in the result. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  const { N, r, p } = COST
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/**
 * Checks a password. Without a stored hash (no such user, or none set) it does the same work and
 * answers false, so that time does not tell which names exist.
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
): Promise<boolean> {
  const [scheme, N, r, p, salt = '', hash = ''] = stored?.split('$') ?? []
  if (scheme !== 'scrypt') {
    await derive(password, Buffer.alloc(16), COST)
    return false
  }
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const actual = await derive(password, Buffer.from(salt, 'base64url'), cost)
  const expected = Buffer.from(hash, 'base64url')
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

function derive(password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  // The same password typed on two keyboards can differ in its code points, not in its NFKC form.
  const normalized = password.normalize('NFKC')
  return new Promise((resolve, reject) => {
    const options = { ...cost, maxmem: 256 * cost.N * cost.r }
    scrypt(normalized, salt, HASH_BYTES, options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}
