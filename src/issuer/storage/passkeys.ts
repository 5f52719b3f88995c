/** Public keys of the authenticators that people registered. There is no secret in here. */

/** One passkey. */
export interface Passkey {
  /** The authenticator's id of it, base64url. */
  id: string
  userId: string
  /** COSE, base64url. */
  publicKey: string
  /** The authenticator's count of signatures; 0 where it does not count. */
  counter: number
  transports: string[]
  /** Unix seconds. */
  createdAt: number
}

interface PasskeyRow extends Record<string, SqlStorageValue> {
  id: string
  userId: string
  publicKey: string
  counter: number
  transports: string
  createdAt: number
}

const MAX_PER_USER = 20
const SELECT = `SELECT id, user_id AS userId, public_key AS publicKey, counter, transports,
  created_at AS createdAt FROM passkeys`

export class Passkeys {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Answers false where the id is taken, also by somebody else, or the person has too many. */
  add(passkey: Passkey): boolean {
    if (this.listOf(passkey.userId).length >= MAX_PER_USER) return false
    const { id, userId, publicKey, counter, transports, createdAt } = passkey
    return (
      this.#sql
        .exec(
          `INSERT INTO passkeys (id, user_id, public_key, counter, transports, created_at)
           VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING 1 AS added`,
          id,
          userId,
          publicKey,
          counter,
          JSON.stringify(transports),
          createdAt,
        )
        .toArray().length > 0
    )
  }

  find(id: string): Passkey | undefined {
    return this.#sql.exec<PasskeyRow>(`${SELECT} WHERE id = ?`, id).toArray().map(read)[0]
  }

  listOf(userId: string): Passkey[] {
    return this.#sql
      .exec<PasskeyRow>(`${SELECT} WHERE user_id = ? ORDER BY created_at`, userId)
      .toArray()
      .map(read)
  }

  count(id: string, counter: number): void {
    this.#sql.exec('UPDATE passkeys SET counter = ? WHERE id = ?', counter, id)
  }

  /** Only its owner can remove it. */
  remove(id: string, userId: string): void {
    this.#sql.exec('DELETE FROM passkeys WHERE id = ? AND user_id = ?', id, userId)
  }

  removeAllOf(userId: string): void {
    this.#sql.exec('DELETE FROM passkeys WHERE user_id = ?', userId)
  }
}

function read(row: PasskeyRow): Passkey {
  return { ...row, transports: JSON.parse(row.transports) as string[] }
}
