/** One-time codes of authenticator apps (RFC 6238): six digits, SHA-1, every 30 seconds. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const STEP_SECONDS = 30
const DIGITS = 6
const SECRET_BYTES = 20
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new secret, in the base 32 that authenticator apps take. */
export function newTotpSecret(): string {
  let bits = ''
  for (const byte of randomBytes(SECRET_BYTES)) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join('')
}

/** What an authenticator app opens. */
export function totpUrl(secret: string, title: string, login: string): string {
  // Not URLSearchParams: apps show its "+" for a space as it is.
  const issuer = encodeURIComponent(title)
  const label = `${issuer}:${encodeURIComponent(login)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${issuer}`
}

/**
 * Answers the step whose code it is, or undefined. The clock of the app may be one step off; a step that
 * is not after `lastStep` was used before.
 */
export function totpStep(
  secret: string,
  code: string,
  now: number,
  lastStep: number,
): number | undefined {
  const given = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(given)) return undefined
  const current = Math.floor(now / STEP_SECONDS)
  return [current, current - 1, current + 1].find((step) => {
    const matches = timingSafeEqual(Buffer.from(codeOf(secret, step)), Buffer.from(given))
    return matches && step > lastStep
  })
}

function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', decode(secret)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

function decode(secret: string): Buffer {
  let bits = ''
  for (const character of secret) bits += BASE32.indexOf(character).toString(2).padStart(5, '0')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
