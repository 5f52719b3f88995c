/** Which grants a stored code, token or session leads to. */

import type { StoredArtifact } from './artifacts.ts'

interface Authorization {
  grantId?: string
  persistsLogout?: boolean
}

/** The grant of a code or token; the grants of every client that a session has signed in to. */
export function grantIdsOf(model: string, found: StoredArtifact | undefined): string[] {
  if (!found) return []
  if (found.grantId) return [found.grantId]
  if (model !== 'Session') return []
  return authorizationsOf(found).flatMap(({ grantId }) => (grantId ? [grantId] : []))
}

/** What each client was given in a session. */
export function authorizationsOf({ payload }: StoredArtifact): Authorization[] {
  const { authorizations = {} } = JSON.parse(payload) as {
    authorizations?: Record<string, Authorization>
  }
  return Object.values(authorizations)
}
