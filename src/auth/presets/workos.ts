/** WorkOS AuthKit: session tokens without an audience, signed with keys that are one application's alone. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { domain, provider } from './provider.ts'

export interface WorkosOptions extends CommonOptions {
  /** The application: `client_…`. Its key set is what binds a token to your API. */
  clientId: string
  /** The authentication domain of your own, if there is one: then `iss` names it. Default: none. */
  domain?: string | undefined
}

/** Session tokens of one application. Roles are those in the organization, and its permissions. */
export const workos = provider<WorkosOptions>({
  entries: {
    clientId: v.pipe(
      textLike('env.CLIENT_ID'),
      v.regex(/^client_\w+$/, 'must be the id of the application, which begins with client_'),
    ),
    domain: v.exactOptional(domain('auth.example.com')),
  },
  issuers: ({ clientId, domain: own }) => {
    const hosts = own === undefined ? ['api.workos.com'] : [own, 'api.workos.com']
    return hosts.flatMap((host) => [
      `https://${host}/user_management/${clientId}`,
      `https://${host}`,
      `https://${host}/`,
    ]) as unknown as readonly [string, ...string[]]
  },
  jwksUri: ({ clientId }) => `https://api.workos.com/sso/jwks/${clientId}`,
  audiences: () => [],
  audienceClaims: () => [],
  roles: () => [['role'], ['roles'], ['permissions']],
  wants: { claims: ['sid'] },
})
