/** What one read of a person's or a client's object answers. */

import type { StoredArtifact } from './artifacts.ts'
import type { UserInfo } from './user-info.ts'

/** An artifact, and what a request that reads it will ask for next. */
export interface Opened {
  found: StoredArtifact | undefined
  /** The grants that it belongs to or names. */
  grants: StoredArtifact[]
  /** The person of this place; undefined where there is none, or none that may sign in. */
  person: UserInfo | undefined
}
