/** A secret of the owner's that something is signed, encrypted or opened with. */

import { textLike } from './schemas.ts'

export const MIN_SECRET_BYTES = 32

const HOW_TO_MAKE = 'Make one with "openssl rand -base64 32", and set it as a secret'
const PLACEHOLDER =
  /example|change.?me|placeholder|your.?(?:key|secret)|my.?secret|password|123456/i
/** Of 32 random bytes, in hexadecimal, fewer than one in a million has less. */
const MIN_DIFFERENT_CHARACTERS = 8

/**
 * What is wrong with a secret; undefined where nothing is. Never says anything of it but its length. `risk` is what
 * becomes of a shorter one: `links can be forged`.
 */
export function explainSecret(secret: string, risk: string): string | undefined {
  const { length } = new TextEncoder().encode(secret)
  if (length < MIN_SECRET_BYTES) {
    return `has ${length} bytes, and a key needs ${MIN_SECRET_BYTES} or more, or ${risk}. ${HOW_TO_MAKE}`
  }
  if (PLACEHOLDER.test(secret)) return `looks like a value from an example. ${HOW_TO_MAKE}`
  if (new Set(secret).size < MIN_DIFFERENT_CHARACTERS) {
    return `has too few different characters and can be guessed. ${HOW_TO_MAKE}`
  }
  return undefined
}

/** The schema of an option `operatorKey`, which callers send in a header. */
export const operatorKey = textLike('env.OPERATOR_KEY', (secret) => {
  const wrong = explainSecret(secret, 'it can be guessed')
  if (wrong !== undefined || /^[!-~]+$/.test(secret)) return wrong
  return `has a character that no header can carry. ${HOW_TO_MAKE}`
})
