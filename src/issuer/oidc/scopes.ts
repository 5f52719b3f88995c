/** The scopes that this server knows. */

import type { ResolvedConfig } from '../config.ts'

/** Those that are no API's. */
export const OIDC_SCOPES = ['openid', 'profile', 'email', 'offline_access']

export function scopesOf(config: ResolvedConfig): string[] {
  return [...OIDC_SCOPES, ...new Set(config.apis.flatMap((api) => Object.keys(api.scopes)))]
}
