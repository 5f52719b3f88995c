/** What one read of a person's or a client's object answers. */

import { Artifacts, type Column, type StoredArtifact } from './artifacts.ts'
import type { ObjectContext } from './object-context.ts'
import { hasTable } from './schema.ts'
import type { UserInfo } from './user-info.ts'

/** An artifact, and what a request that reads it will ask for next. */
export interface Opened {
  found: StoredArtifact | undefined
  /** The grants that it belongs to or names. */
  grants: StoredArtifact[]
  /** The person of this place; undefined where there is none, or none that may sign in. */
  person: UserInfo | undefined
}

/** Reads from an object that belongs to no person. */
export function openUnowned(
  { sql, now }: ObjectContext,
  model: string,
  column: Column,
  value: string,
): Opened {
  const exists = hasTable(sql, 'artifacts')
  const found = exists ? new Artifacts(sql).find(model, column, value, now()) : undefined
  return { found, grants: [], person: undefined }
}
