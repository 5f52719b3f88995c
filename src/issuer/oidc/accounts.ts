/** The people of this server as oidc-provider and its tokens see them. */

import type { Account } from 'oidc-provider/lib/provider.js'
import { currentWork } from './request-work.ts'

/** An account with the roles that go into access tokens. */
export interface RoleAccount extends Account {
  roles: string[]
}

/** Claims by the scope that releases them (OpenID Connect Core section 5.4). */
export const CLAIMS_BY_SCOPE = {
  openid: ['sub'],
  profile: ['name', 'preferred_username', 'roles'],
  email: ['email', 'email_verified'],
}

/**
 * Answers oidc-provider's account lookup. It runs on every code and refresh too, so that roles follow
 * the person and a disabled one gets nothing more.
 */
export async function findAccount(_ctx: unknown, sub: string): Promise<RoleAccount | undefined> {
  const user = await currentWork().findPerson(sub)
  if (!user) return undefined
  return {
    accountId: user.id,
    roles: user.roles,
    claims: async () => ({
      sub: user.id,
      preferred_username: user.login,
      ...(user.name && { name: user.name }),
      ...(user.email && {
        email: user.email,
        email_verified: user.emailVerified === true,
      }),
      roles: user.roles,
    }),
  }
}
