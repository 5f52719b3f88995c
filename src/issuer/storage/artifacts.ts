/**
 * What oidc-provider remembers between two requests: codes, tokens, grants, sessions, interactions.
 * A commit is one synchronous step of one object, so two requests can never both win.
 */

/** What the library asks for when it stores something, spelled for SQL. */
export interface Artifact {
  model: string
  id: string
  /** JSON. */
  payload: string
  grantId?: string | undefined
  accountId?: string | undefined
  clientId?: string | undefined
  uid?: string | undefined
  userCode?: string | undefined
  /** Unix seconds; absent where it never expires. */
  expiresAt?: number | undefined
}

/** A stored payload with what the library wants to see of its state. */
export interface StoredArtifact {
  id: string
  payload: string
  grantId: string | null
  /** Unix seconds of the first use; null while unused. */
  consumedAt: number | null
}

/** One step of a commit. */
export type Change =
  | { do: 'save'; artifact: Artifact }
  /** Uses a code or a token up; within `graceSeconds` of its first use it may be used again. */
  | { do: 'use'; model: string; id: string; graceSeconds: number }
  | { do: 'destroy'; model: string; id: string }
  | { do: 'revoke'; model: string; grantId: string }

export type Column = 'id' | 'uid' | 'user_code'

/** Saved once and never changed: of two that save the same one, the first is kept. */
const WRITTEN_ONCE = new Set(['RefreshToken', 'ReplayDetection'])

export class Artifacts {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /**
   * Does all of it or, where something was used before, none of it but the end of that grant. Answers
   * whether it did.
   */
  commit(changes: readonly Change[], now: number): boolean {
    for (const change of changes) if (change.do === 'use' && !this.#use(change, now)) return false
    for (const change of changes) {
      if (change.do === 'save') {
        if (!this.#save(change.artifact) && change.artifact.model === 'ReplayDetection')
          return false
      } else if (change.do === 'destroy') this.#destroy(change.model, change.id)
      else if (change.do === 'revoke') {
        this.#sql.exec(
          'DELETE FROM artifacts WHERE model = ? AND grant_id = ?',
          change.model,
          change.grantId,
        )
      }
    }
    return true
  }

  find(model: string, column: Column, value: string, now: number): StoredArtifact | undefined {
    return this.#sql
      .exec<Record<keyof StoredArtifact, SqlStorageValue>>(
        `SELECT id, payload, grant_id AS grantId, consumed_at AS consumedAt FROM artifacts
         WHERE model = ? AND ${column} = ? AND (expires_at IS NULL OR expires_at > ?)`,
        model,
        value,
        now,
      )
      .toArray()[0] as StoredArtifact | undefined
  }

  /** All of one model, such as the sessions of a person. */
  list(model: string, now: number): StoredArtifact[] {
    return this.#sql
      .exec(
        `SELECT id, payload, grant_id AS grantId, consumed_at AS consumedAt FROM artifacts
         WHERE model = ? AND (expires_at IS NULL OR expires_at > ?)`,
        model,
        now,
      )
      .toArray() as unknown as StoredArtifact[]
  }

  /** Answers the payload and deletes it, so that it serves one caller. */
  take(model: string, id: string, now: number): string | undefined {
    return this.#sql
      .exec<{ payload: string }>(
        'DELETE FROM artifacts WHERE model = ? AND id = ? AND expires_at > ? RETURNING payload',
        model,
        id,
        now,
      )
      .toArray()[0]?.payload
  }

  count(model: string): number {
    return this.#sql
      .exec<{ count: number }>('SELECT COUNT(*) AS count FROM artifacts WHERE model = ?', model)
      .one().count
  }

  /** The grant itself and everything issued under it. */
  destroyGrant(grantId: string): void {
    this.#sql.exec('DELETE FROM artifacts WHERE grant_id = ?', grantId)
    this.#destroy('Grant', grantId)
  }

  destroyAll(): void {
    this.#sql.exec('DELETE FROM artifacts')
  }

  purge(now: number): void {
    this.#sql.exec('DELETE FROM artifacts WHERE expires_at <= ?', now)
  }

  /** Unix seconds of the next expiry, or null where nothing expires. */
  nextExpiry(): number | null {
    return this.#sql
      .exec<{ next: number | null }>('SELECT MIN(expires_at) AS next FROM artifacts')
      .one().next
  }

  /**
   * Every use but the first, and those in its grace, is a replay, and ends the whole grant (RFC 6749
   * section 4.1.2, RFC 9700 section 4.14.2).
   */
  #use({ model, id, graceSeconds }: Change & { do: 'use' }, now: number): boolean {
    const [row] = this.#sql
      .exec<{ consumedAt: number | null; grantId: string | null }>(
        `SELECT consumed_at AS consumedAt, grant_id AS grantId FROM artifacts
         WHERE model = ? AND id = ?`,
        model,
        id,
      )
      .toArray()
    if (!row) return false
    if (row.consumedAt === null) {
      this.#sql.exec(
        'UPDATE artifacts SET consumed_at = ? WHERE model = ? AND id = ?',
        now,
        model,
        id,
      )
      return true
    }
    if (now < row.consumedAt + graceSeconds) return true
    if (row.grantId) this.destroyGrant(row.grantId)
    return false
  }

  /** Answers false where something of this id is kept as it is. */
  #save(artifact: Artifact): boolean {
    const { model, id, payload, grantId, accountId, clientId, uid, userCode, expiresAt } = artifact
    const optional = [grantId, accountId, clientId, uid, userCode, expiresAt]
    const onConflict = WRITTEN_ONCE.has(model)
      ? 'DO NOTHING'
      : `DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
           account_id = excluded.account_id, client_id = excluded.client_id,
           uid = excluded.uid, user_code = excluded.user_code, expires_at = excluded.expires_at`
    const saved = this.#sql.exec(
      `INSERT INTO artifacts
         (model, id, payload, grant_id, account_id, client_id, uid, user_code, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (model, id) ${onConflict} RETURNING 1 AS saved`,
      model,
      id,
      payload,
      ...optional.map((value) => value ?? null),
    )
    return saved.toArray().length > 0
  }

  #destroy(model: string, id: string): void {
    this.#sql.exec('DELETE FROM artifacts WHERE model = ? AND id = ?', model, id)
  }
}
