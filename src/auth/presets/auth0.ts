/** Auth0: an issuer that ends with a slash, and permissions beside scopes. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { domain, listOf, type Names, names, provider } from './provider.ts'

export interface Auth0Options extends CommonOptions {
  /** The tenant's domain, or your own one: `acme.eu.auth0.com`. */
  domain: string
  /** The identifier of the API (Applications, APIs). Id tokens have the id of an application instead. */
  audience: Names
}

/** Tokens of one tenant. Roles are the `permissions` that "Add Permissions in the Access Token" puts in. */
export const auth0 = provider<Auth0Options>({
  entries: {
    domain: domain('acme.eu.auth0.com'),
    audience: names(
      v.pipe(
        textLike("'https://api.acme.example'"),
        v.regex(
          /^(?![A-Za-z0-9]{32}$)(?!.*\/userinfo$)/,
          'must be the identifier of an API: the id of an application would let id tokens in',
        ),
      ),
    ),
  },
  issuers: (options) => [`https://${options.domain}/`],
  audiences: ({ audience }) => listOf(audience),
  roles: () => 'permissions',
  lacks: ['nonce', 'at_hash', 'c_hash'],
})
