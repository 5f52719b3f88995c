/** Supabase Auth: one audience for all users, and users without an account among them. */

import * as v from 'valibot'
import { nameList } from '../../options/schemas.ts'
import { type CommonOptions, secureUrl } from './common.ts'
import { provider, withoutSlash } from './provider.ts'

export interface SupabaseOptions extends CommonOptions {
  /** The project's URL: `https://abcdefghijklmnopqrst.supabase.co`. */
  url: string
  /** What `aud` may say. Default `['authenticated']`. */
  audience?: readonly string[] | undefined
  /** Whether users who signed in anonymously may come. Default false. */
  anonymous?: boolean | undefined
}

/** Tokens of a project with signing keys (JWT Keys); the shared secret of older ones cannot be published. */
export const supabase = provider<SupabaseOptions>({
  entries: {
    url: v.pipe(
      secureUrl,
      v.regex(/^(?!.*\/auth\/v1)/, "must be the project's URL alone, without /auth/v1"),
    ),
    audience: v.exactOptional(nameList),
    anonymous: v.exactOptional(v.boolean('must be true or false')),
  },
  issuers: ({ url }) => [`${withoutSlash(url)}/auth/v1`],
  jwksUri: ({ url }) => `${withoutSlash(url)}/auth/v1/.well-known/jwks.json`,
  audiences: ({ audience = ['authenticated'] }) => audience,
  roles: () => [['role'], ['app_metadata', 'roles']],
  wants: { claims: ['session_id'] },
  refuses: ({ is_anonymous: isAnonymous }, { anonymous }) =>
    isAnonymous === true && anonymous !== true ? 'the user signed in anonymously' : undefined,
})
