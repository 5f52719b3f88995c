/** How a refresh token ends at logout: by RFC 7009, or in a way that is the issuer's own. */

import { readCompact } from '../auth/bearer/compact.ts'
import type { OAuthIssuer } from '../auth/feature.ts'
import { fetchJson } from '../lib/fetch-json.ts'
import type { JsonObject } from '../lib/strict-json.ts'
import type { SessionClient } from './client.ts'
import type { Server } from './server.ts'

/** Longer than a request waits: it goes on behind the answer. */
const REVOKE_MS = 10_000
const MAX_ANSWER_BYTES = 65_536

export interface Spent {
  readonly refreshToken: string
  /** The last one that came with it, if it is still there. */
  readonly accessToken: string | undefined
}

/** Rejects where the issuer does not answer. Does nothing where it has no way to do it. */
export type Revoke = (spent: Spent) => Promise<void>

export function createRevoke(
  { refreshTokenAt }: OAuthIssuer,
  server: Server,
  client: SessionClient,
): Revoke {
  /** The status of the answer; undefined where the access token does not say which refresh token it came with. */
  async function endAt(
    addressOf: NonNullable<OAuthIssuer['refreshTokenAt']>,
    accessToken: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const address = addressOf(claimsOf(accessToken))
    if (address === undefined) return undefined
    const init = { method: 'DELETE', headers: { authorization: `Bearer ${accessToken}` } }
    const rules = { fetch: server.fetch, signal, maxBytes: MAX_ANSWER_BYTES, init }
    return (await fetchJson(address, rules)).status
  }

  return async ({ refreshToken, accessToken }) => {
    const signal = AbortSignal.timeout(REVOKE_MS)
    if (!refreshTokenAt) return client.revoke(refreshToken, signal)
    const status =
      accessToken === undefined ? 401 : await endAt(refreshTokenAt, accessToken, signal)
    if (status !== 401) return
    // An access token that has ended opens nothing there, and who signs out has often been away for long.
    const tokens = await client.refresh(refreshToken, signal)
    if (tokens) await endAt(refreshTokenAt, tokens.accessToken, signal)
  }
}

/** Of a token that was verified, or comes from the issuer. None where it is no JWT. */
function claimsOf(token: string): JsonObject {
  try {
    return readCompact(token, 'token', (reason) => new SyntaxError(reason)).claims
  } catch {
    return {}
  }
}
