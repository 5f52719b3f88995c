/** Logto: JWTs only for API resources; without one, a client gets an opaque token. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import { type CommonOptions, secureUrl } from './common.ts'
import { listOf, type Names, names, provider, withoutSlash } from './provider.ts'

export interface LogtoOptions extends CommonOptions {
  /** The tenant, for example `https://abc123.logto.app`, or a domain of your own. */
  url: string
  /** The identifier of an API resource; for an organization's token `urn:logto:organization:` and its id. */
  audience: Names
}

/** Access tokens for an API resource. Scopes are its permissions; roles need a custom claim `roles`. */
export const logto = provider<LogtoOptions>({
  entries: {
    url: v.pipe(secureUrl, v.regex(/^(?!.*\/oidc\/?$)/, 'must end before /oidc')),
    audience: names(
      v.pipe(
        textLike("'https://api.acme.example'"),
        v.regex(
          /^(?:https?:\/\/|urn:)/,
          'must be the identifier of an API resource, which is a URI: the id of an application is in id tokens',
        ),
      ),
    ),
  },
  issuers: ({ url }) => [`${withoutSlash(url)}/oidc`],
  audiences: ({ audience }) => listOf(audience),
  lacks: ['at_hash', 'nonce'],
})
