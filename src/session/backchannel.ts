/** `/auth/backchannel-logout`: the issuer says who has signed out there (OpenID Connect Back-Channel Logout 1.0). */

import type { KeySet } from '../auth/bearer/jwks.ts'
import { refuseLogout, verifyLogoutToken } from '../auth/bearer/logout-token.ts'
import type { Endpoint, OAuthIssuer } from '../auth/feature.ts'
import { readBody } from '../lib/read-body.ts'
import { type StateBinding, stateOf } from '../options/state.ts'
import { STATE_CONTRACT } from '../options/state-contract.ts'
import { describe, unavailable } from './failure.ts'
import type { SessionOperations } from './state-operations.ts'
import { sessionIndex } from './store.ts'

const MAX_BODY_BYTES = 16_384

export interface BackchannelOptions {
  readonly path: string
  readonly issuer: OAuthIssuer
  readonly keySet: KeySet | undefined
  readonly clientId: string
  readonly state: StateBinding
  /** Unix seconds. */
  readonly now: () => number
}

export function backchannelEndpoint(options: BackchannelOptions): Endpoint {
  const { path, keySet, clientId, now } = options
  const { issuer, issuers = [issuer] } = options.issuer
  const state = stateOf<SessionOperations>(options.state)
  const rules = { issuers, clientId, keySet, now }

  return {
    path,
    host: undefined,
    methods: ['POST'],
    mustGetThrough: true,
    async handle({ request }, scope) {
      const { sid, sub, jti, until } = await verifyLogoutToken(
        await readToken(request),
        rules,
        scope,
      )
      const index = await (sid === undefined
        ? sessionIndex(options, 'sub', sub ?? '')
        : sessionIndex(options, 'sid', sid))
      const ended = await state
        .endSessionsOf(STATE_CONTRACT, index, now(), jti, until)
        .catch((cause: unknown) => {
          throw unavailable(`the store of sessions does not answer: ${describe(cause)}`, cause)
        })
      if (ended === undefined) throw refuseLogout('it was used before')
      return new Response(null, { headers: { 'cache-control': 'no-store' } })
    },
  }
}

async function readToken(request: Request): Promise<string> {
  const body = await readBody(request, MAX_BODY_BYTES).catch(() => {})
  if (!body) throw refuseLogout('the body is too long, or breaks off')
  return new URLSearchParams(new TextDecoder().decode(body)).get('logout_token') ?? ''
}
