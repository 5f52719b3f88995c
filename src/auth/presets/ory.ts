/** Ory Network and Hydra: opaque tokens that a fixed key may ask about, or JWTs whose audience is often empty. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import { type CommonOptions, secureUrl } from './common.ts'
import { listOf, type Names, names, provider, withoutSlash } from './provider.ts'

export interface OryOptions extends CommonOptions {
  /** The project, for example `https://happy-cat-12.projects.oryapis.com`; for Hydra its public URL. */
  url: string
  /** What a client asked for with `audience`. Needed, unless `clientId` is there. */
  audience?: Names | undefined
  /** Without an audience: the clients whose tokens may come, by what `client_id` says. Needed, unless `audience` is there. */
  clientId?: Names | undefined
  /** A key of the project (`ory_pat_…`): with it, opaque tokens are introspected. Default: JWTs only. */
  apiKey?: string | undefined
}

/** JWTs (access token strategy `jwt`) and, with `apiKey`, opaque tokens. One of `audience` and `clientId` is needed. */
export const ory = provider<OryOptions>({
  entries: {
    url: secureUrl,
    audience: v.exactOptional(names()),
    clientId: v.exactOptional(names()),
    apiKey: v.exactOptional(
      v.pipe(
        textLike('env.ORY_API_KEY'),
        v.regex(/^(?!ory_[ar]t_)/, 'must be a key of the project, not a token of a user'),
      ),
    ),
  },
  needsOneOf: ['audience', 'clientId'],
  issuers: ({ url }) => [withoutSlash(url)],
  audiences: ({ audience, clientId }) => listOf(audience ?? clientId),
  audienceClaims: ({ audience }) => [audience === undefined ? 'client_id' : 'aud'],
  lacks: ['at_hash', 'nonce'],
  introspection: ({ url, apiKey }) =>
    apiKey === undefined
      ? undefined
      : {
          clientId: undefined,
          clientSecret: apiKey,
          clientAuthentication: 'bearer',
          endpoint: `${withoutSlash(url)}/admin/oauth2/introspect`,
          opaque: true,
          sharedSecret: false,
          mayOmit: [],
        },
})
