/**
 * What oidc-provider remembers between two requests: codes, tokens, grants, sessions, interactions.
 * Every check and its write are one SQL statement, so two requests can never both win.
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
  payload: string
  /** Unix seconds of the first use; null while unused. */
  consumedAt: number | null
}

type Column = 'id' | 'uid' | 'user_code'

export class Artifacts {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  save(artifact: Artifact): void {
    this.#sql.exec(
      `INSERT INTO artifacts
         (model, id, payload, grant_id, account_id, client_id, uid, user_code, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (model, id) DO UPDATE SET
         payload = excluded.payload, grant_id = excluded.grant_id,
         account_id = excluded.account_id, client_id = excluded.client_id,
         uid = excluded.uid, user_code = excluded.user_code, expires_at = excluded.expires_at`,
      ...values(artifact),
    )
  }

  /** Stores it only where nothing has this id; answers whether it did. */
  saveOnce(artifact: Artifact): boolean {
    const cursor = this.#sql.exec(
      `INSERT INTO artifacts
         (model, id, payload, grant_id, account_id, client_id, uid, user_code, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (model, id) DO NOTHING
       RETURNING 1 AS saved`,
      ...values(artifact),
    )
    return cursor.toArray().length > 0
  }

  find(model: string, column: Column, value: string, now: number): StoredArtifact | undefined {
    return this.#sql
      .exec<{ payload: string; consumedAt: number | null }>(
        `SELECT payload, consumed_at AS consumedAt FROM artifacts
         WHERE model = ? AND ${column} = ? AND (expires_at IS NULL OR expires_at > ?)`,
        model,
        value,
        now,
      )
      .toArray()[0]
  }

  /**
   * Marks it as used; exactly one caller is told true. Every other use is a replay, and ends the whole
   * grant (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2), whatever the winner still writes under it.
   */
  consume(model: string, id: string, now: number): boolean {
    const won = this.#sql
      .exec(
        `UPDATE artifacts SET consumed_at = ? WHERE model = ? AND id = ? AND consumed_at IS NULL
         RETURNING 1 AS won`,
        now,
        model,
        id,
      )
      .toArray()
    if (won.length > 0) return true
    const [replayed] = this.#sql
      .exec<{ grantId: string | null }>(
        'SELECT grant_id AS grantId FROM artifacts WHERE model = ? AND id = ?',
        model,
        id,
      )
      .toArray()
    if (replayed?.grantId) this.destroyGrant(replayed.grantId)
    return false
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

  destroy(model: string, id: string): void {
    this.#sql.exec('DELETE FROM artifacts WHERE model = ? AND id = ?', model, id)
  }

  revokeByGrant(model: string, grantId: string): void {
    this.#sql.exec('DELETE FROM artifacts WHERE model = ? AND grant_id = ?', model, grantId)
  }

  /** The grant itself and everything issued under it. */
  destroyGrant(grantId: string): void {
    this.#sql.exec('DELETE FROM artifacts WHERE grant_id = ?', grantId)
    this.destroy('Grant', grantId)
  }

  /** Sessions, grants and tokens of one user. */
  destroyAccount(accountId: string): void {
    this.#sql.exec('DELETE FROM artifacts WHERE account_id = ?', accountId)
  }

  /** Grants and tokens of one client. */
  destroyClient(clientId: string): void {
    this.#sql.exec('DELETE FROM artifacts WHERE client_id = ?', clientId)
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
}

function values(artifact: Artifact): (string | number | null)[] {
  const { model, id, payload, grantId, accountId, clientId, uid, userCode, expiresAt } = artifact
  const optional = [grantId, accountId, clientId, uid, userCode, expiresAt]
  return [model, id, payload, ...optional.map((value) => value ?? null)]
}
