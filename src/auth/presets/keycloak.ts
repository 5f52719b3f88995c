/** Keycloak: a realm as issuer, roles of the realm and of clients, and tokens of all kinds signed with the same keys. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import { type CommonOptions, secureUrl } from './common.ts'
import { listOf, type Names, names, provider, withoutSlash } from './provider.ts'

export interface KeycloakOptions extends CommonOptions {
  /** Where Keycloak is, for example `https://sso.example.com`; before version 17 with `/auth`. */
  url: string
  realm: string
  /** What an audience mapper puts into `aud`; as a rule the id of the client that stands for your API. */
  audience: Names
  /** Clients whose roles count beside those of the realm. Default: `audience`. */
  client?: Names | undefined
}

/** Tokens of one realm. Roles are those of the realm and of `client`, together. */
export const keycloak = provider<KeycloakOptions>({
  entries: {
    url: v.pipe(
      secureUrl,
      v.regex(
        /^(?!.*\/realms(?:\/|$))/,
        'must end before /realms: the realm is an option of its own',
      ),
    ),
    realm: textLike("'acme'"),
    audience: names(
      v.pipe(
        textLike("'orders-api'"),
        v.notValue(
          'account',
          'must not be account, which every token of the realm names: add an audience mapper for your API',
        ),
      ),
    ),
    client: v.exactOptional(names()),
  },
  issuers: ({ url, realm }) => [`${withoutSlash(url)}/realms/${realm}`],
  audiences: ({ audience }) => listOf(audience),
  roles: ({ audience, client = audience }) => [
    ['realm_access', 'roles'],
    ...listOf(client).map((name) => ['resource_access', name, 'roles']),
  ],
  // Its payload says what it is: ID, Refresh, Offline and Logout are the others.
  wants: { claims: ['typ'], values: ['Bearer'] },
})
