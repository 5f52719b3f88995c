/** Who operates the gateway: whoever has its OPERATOR_KEY. */

import { timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import { encodeUtf8 } from '../lib/bytes.ts'

/** Wrong keys in one isolate, before all are refused for the rest of the minute. */
const MAX_WRONG = 20
const WINDOW_SECONDS = 60

/**
 * Lets pass a request with `Authorization: Bearer <key>`. Throws `credential_missing`, `invalid_token`, or `rate_limited` for wrong keys after 20 of them in a minute.
 * `now` in Unix seconds.
 */
export function operatorCheck(key: string, now: () => number): (request: Request) => void {
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
    // Whoever guesses must not keep the operator out.
    if (isSameKey(shown, key)) return
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

/** Takes the same time wherever a wrong key differs. */
export function isSameKey(shown: string, key: string): boolean {
  const [one, other] = [encodeUtf8(shown), encodeUtf8(key)]
  // Of another length it is compared too, with itself.
  const isSame = timingSafeEqual(one, one.length === other.length ? other : one)
  return isSame && one.length === other.length
}
