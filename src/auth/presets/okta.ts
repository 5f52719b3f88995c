/** Okta: a custom authorization server as issuer, scopes in a list. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { listOf, type Names, names, provider } from './provider.ts'

export interface OktaOptions extends CommonOptions {
  /** The organization's domain, or your own one: `acme.okta.com`. */
  domain: string
  /** The id of the authorization server (Security, API). Default `default`. */
  server?: string | undefined
  /** The audience of that server. */
  audience: Names
}

/** Tokens of a custom authorization server. Roles are `groups`, if the server has a claim of that name. */
export const okta = provider<OktaOptions>({
  entries: {
    domain: v.pipe(
      textLike("'acme.okta.com'"),
      v.regex(
        /^(?!.*-admin\.)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/,
        'must be the domain alone, for example acme.okta.com: no https://, no slash, not the one with -admin',
      ),
    ),
    server: v.exactOptional(
      v.pipe(
        textLike("'default'"),
        v.regex(/^[A-Za-z0-9]+$/, 'must be the id of an authorization server, for example default'),
      ),
    ),
    audience: names(),
  },
  issuers: ({ domain, server = 'default' }) => [`https://${domain}/oauth2/${server}`],
  audiences: ({ audience }) => listOf(audience),
  roles: () => 'groups',
  // The client that asked: an id token has none.
  wants: { claims: ['cid'] },
})
