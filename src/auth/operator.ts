/** Who operates the gateway: whoever has its OPERATOR_KEY. */

import { timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import { encodeUtf8 } from '../lib/bytes.ts'
import { textLike } from '../options/schemas.ts'

const MIN_KEY_BYTES = 32
const HOW_TO_MAKE = 'Make one with "openssl rand -base64 32", and set it as a secret'
/** Wrong keys in one isolate, before all are refused for the rest of the minute. */
const MAX_WRONG = 20
const WINDOW_SECONDS = 60

/** The schema of an option `operatorKey`. */
export const operatorKey = textLike('env.OPERATOR_KEY', (secret) => {
  const { length } = encodeUtf8(secret)
  if (length < MIN_KEY_BYTES) {
    return `has ${length} bytes, and needs ${MIN_KEY_BYTES} or more, or it can be guessed. ${HOW_TO_MAKE}`
  }
  if (/^[!-~]+$/.test(secret)) return undefined
  return `has a character that no header can carry. ${HOW_TO_MAKE}`
})

/**
 * Lets pass a request with `Authorization: Bearer <key>`. The comparison takes the same time wherever a wrong key
 * differs. Throws `credential_missing`, `invalid_token`, or `rate_limited` for wrong keys after 20 of them in a minute.
 * `now` in Unix seconds.
 */
export function operatorCheck(key: string, now: () => number): (request: Request) => void {
  const expected = encodeUtf8(key)
  let windowAt = -Infinity
  let wrong = 0

  return ({ headers }) => {
    const [, shown] = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
    if (shown === undefined) {
      throw new GatewayError('credential_missing', {
        reason: 'no operator key was sent',
        detail: 'Send the operator key in the header "Authorization: Bearer <key>".',
      })
    }
    const bytes = encodeUtf8(shown)
    // Of another length it is compared too, with itself.
    const isSame = timingSafeEqual(bytes, bytes.length === expected.length ? expected : bytes)
    // Whoever guesses must not keep the operator out.
    if (isSame && bytes.length === expected.length) return
    if (now() - windowAt >= WINDOW_SECONDS) {
      windowAt = now()
      wrong = 0
    }
    wrong++
    if (wrong > MAX_WRONG) {
      throw new GatewayError('rate_limited', {
        reason: 'too many wrong operator keys',
        retryAfterSeconds: WINDOW_SECONDS,
      })
    }
    throw new GatewayError('invalid_token', {
      reason: 'the operator key is wrong',
      detail: 'The operator key is wrong.',
    })
  }
}
