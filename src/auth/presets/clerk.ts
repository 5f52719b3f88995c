/** Clerk: session tokens that live for a minute and name the page they were made for instead of an audience. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { domain, listOf, type Names, names, provider } from './provider.ts'

export interface ClerkOptions extends CommonOptions {
  /** The Frontend API's domain: `clerk.example.com`, or `happy-cat-12.clerk.accounts.dev`. */
  domain: string
  /** Origins of the pages whose sessions count: `https://app.example.com`. */
  authorizedParties: Names
}

/** Session tokens of version 1 and 2. The role is the one in the active organization. */
export const clerk = provider<ClerkOptions>({
  entries: {
    domain: domain('clerk.example.com'),
    authorizedParties: names(
      v.pipe(
        textLike("'https://app.acme.example'"),
        v.regex(
          /^https?:\/\/[^/]+$/,
          'must be origins as a browser spells them, for example https://app.example.com: no slash at the end',
        ),
      ),
    ),
  },
  issuers: (options) => [`https://${options.domain}`],
  jwksUri: (options) => `https://${options.domain}/.well-known/jwks.json`,
  audiences: ({ authorizedParties }) => listOf(authorizedParties),
  audienceClaims: () => ['azp'],
  roles: () => [['o', 'rol'], ['org_role']],
  wants: { claims: ['sid'] },
  refuses: ({ sts }) =>
    sts === undefined || sts === 'active' ? undefined : 'the session is not active yet (sts)',
})
