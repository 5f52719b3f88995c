/** Microsoft Entra: two versions of tokens, keys that all tenants share, and an issuer with the tenant in it. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { listOf, type Names, names, provider } from './provider.ts'

export interface EntraOptions extends CommonOptions {
  /** Ids of the tenants whose users and apps may come. There is no way to let every tenant in. */
  tenants: Names
  /** The application id of your API. `aud` is that, or `api://` and that. */
  clientId: string
  /** Other values of `aud`: an Application ID URI of your own. Default: none. */
  audience?: Names | undefined
}

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** Tokens of version 1 and 2. Scopes are in `scp`, app roles and permissions of apps in `roles`. */
export const entra = provider<EntraOptions>({
  entries: {
    tenants: names(
      v.pipe(
        textLike("'1c9bb1d4-7a43-4c0a-9b8e-2f6f0f3f5e77'"),
        v.regex(
          GUID,
          'must be ids of tenants in lower case (Overview, Tenant ID): a token names no domain, and common or organizations would be every tenant there is',
        ),
      ),
    ),
    clientId: v.pipe(
      textLike('env.CLIENT_ID'),
      v.regex(GUID, 'must be the application id, in lower case; api:// before it is understood'),
    ),
    audience: v.exactOptional(names()),
  },
  issuers: ({ tenants }) =>
    listOf(tenants).flatMap(issuersOf) as unknown as readonly [string, ...string[]],
  // The keys of all tenants are the same.
  jwksUri: () => 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
  audiences: ({ clientId, audience }) => [clientId, `api://${clientId}`, ...listOf(audience)],
  // The application that asked: an id token has neither.
  wants: { claims: ['azp', 'appid'] },
  example: ({ tenants }) => ({ tid: listOf(tenants)[0] ?? '' }),
  refuses: ({ iss, tid }) =>
    typeof tid === 'string' && issuersOf(tid).includes(iss as string)
      ? undefined
      : 'tid is not the tenant in iss',
})

function issuersOf(tenant: string): readonly string[] {
  return [`https://login.microsoftonline.com/${tenant}/v2.0`, `https://sts.windows.net/${tenant}/`]
}
