/** Kinde: an audience where an API is registered, and an empty list where none is. */

import * as v from 'valibot'
import type { CommonOptions } from './common.ts'
import { domain, listOf, type Names, names, provider } from './provider.ts'

export interface KindeOptions extends CommonOptions {
  /** `acme.kinde.com`, or a domain of your own. */
  domain: string
  /** The audience of an API that is registered and that the client asks for. Needed, unless `clientId` is there. */
  audience?: Names | undefined
  /** Without an API: the applications whose users may come, by what `azp` says. Needed, unless `audience` is there. */
  clientId?: Names | undefined
}

/** Access tokens. Roles are the permissions in the organization. One of `audience` and `clientId` is needed. */
export const kinde = provider<KindeOptions>({
  entries: {
    domain: domain('acme.kinde.com'),
    audience: v.exactOptional(names()),
    clientId: v.exactOptional(names()),
  },
  needsOneOf: ['audience', 'clientId'],
  issuers: (options) => [`https://${options.domain}`],
  audiences: ({ audience, clientId }) => listOf(audience ?? clientId),
  audienceClaims: ({ audience }) => [audience === undefined ? 'azp' : 'aud'],
  roles: () => 'permissions',
  lacks: ['at_hash', 'nonce'],
})
