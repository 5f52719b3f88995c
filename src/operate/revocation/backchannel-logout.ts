/**
 * Back-channel logout (OpenID Connect Back-Channel Logout 1.0) as news about tokens: who signs out at the issuer has its
 * access tokens refused here too.
 */

import * as v from 'valibot'
import { verifyLogoutToken } from '../../auth/bearer/logout-token.ts'
import type { House } from '../../auth/feature.ts'
import type { Inbound } from '../../auth/scheme.ts'
import { readOwnBody } from '../../lib/read-body.ts'
import type { Scope } from '../../lib/scope.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { ownPath, reportIssues, textLike } from '../../options/schemas.ts'
import type { EventSource, Recorder } from './events.ts'

export interface BackchannelLogoutOptions {
  /** The entry of `schemes` that takes the issuer's tokens. Its key set verifies logout tokens too. */
  of: string
  /** The client that the issuer tells: `aud` of logout tokens. */
  clientId: string
  /** Where the issuer sends them. Default `/.well-known/gatehouse/backchannel-logout`. */
  path?: string
}

export const BACKCHANNEL_LOGOUT_PATH = '/.well-known/gatehouse/backchannel-logout'

const MAX_BODY_BYTES = 16_384

const schema = optionsSchema<BackchannelLogoutOptions>(
  {
    of: textLike("'main'"),
    clientId: textLike('env.CLIENT_ID'),
    path: v.exactOptional(ownPath("'/hooks/logout'")),
  },
  {
    example: "backchannelLogout({ of: 'main', clientId: env.CLIENT_ID })",
    examples: { of: "'main'", clientId: 'env.CLIENT_ID' },
    otherNames: { issuer: 'of', scheme: 'of', audience: 'clientId', client: 'clientId' },
  },
)

/** Takes the logout tokens of any OpenID provider. */
export function backchannelLogout(options: BackchannelLogoutOptions): EventSource {
  return {
    of: options.of,
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },
    compile(house, recorder) {
      const handle = createHandler(options, house, recorder)
      const { path = BACKCHANNEL_LOGOUT_PATH } = options
      return [{ path, host: undefined, methods: ['POST'], mustGetThrough: true, handle }]
    },
  }
}

function createHandler(
  { of, clientId }: BackchannelLogoutOptions,
  { now, issuers, scheme }: House,
  recorder: Recorder,
) {
  const rules = { issuers: issuers.get(of) ?? [], clientId, keySet: scheme(of).keySet, now }

  return async ({ request }: Inbound, scope: Scope): Promise<Response> => {
    const body = await readOwnBody(request, MAX_BODY_BYTES)
    const token = new URLSearchParams(Buffer.from(body).toString()).get('logout_token') ?? ''
    const { sid, sub, issuedAt } = await verifyLogoutToken(token, rules, scope)
    const selection = sid === undefined ? { subject: String(sub) } : { session: sid }
    const before = Math.min(Math.floor(issuedAt), now())
    await recorder.cutOff(of, [{ selection, before }])
    return new Response(null, { headers: { 'cache-control': 'no-store' } })
  }
}
