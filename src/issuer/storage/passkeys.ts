/** Public keys of the authenticators that a person registered. There is no secret in here. */

/** One passkey. */
export interface Passkey {
  /** The authenticator's id of it, base64url. */
  id: string
  /** What its owner calls it; may be empty. */
  name: string
  /** COSE, base64url. */
  publicKey: string
  /** The authenticator's count of signatures; 0 where it does not count. */
  counter: number
  transports: string[]
  /** Unix seconds. */
  createdAt: number
  /** Unix seconds of the last sign-in with it; null before the first. */
  usedAt: number | null
}

const MAX_PASSKEYS = 20
const SELECT = `SELECT id, name, public_key AS publicKey, counter, transports,
  created_at AS createdAt, used_at AS usedAt FROM passkeys`

export class Passkeys {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Answers false where it is there already, or the person has too many. */
  add(passkey: Passkey): boolean {
    if (this.list().length >= MAX_PASSKEYS) return false
    const { id, name, publicKey, counter, transports, createdAt, usedAt } = passkey
    return (
      this.#sql
        .exec(
          `INSERT INTO passkeys (id, name, public_key, counter, transports, created_at, used_at)
           VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING 1 AS added`,
          id,
          name,
          publicKey,
          counter,
          JSON.stringify(transports),
          createdAt,
          usedAt,
        )
        .toArray().length > 0
    )
  }

  find(id: string): Passkey | undefined {
    return this.#sql.exec(`${SELECT} WHERE id = ?`, id).toArray().map(read)[0]
  }

  list(): Passkey[] {
    return this.#sql.exec(`${SELECT} ORDER BY created_at`).toArray().map(read)
  }

  /** Notes a sign-in with it. */
  use(id: string, counter: number, now: number): void {
    this.#sql.exec('UPDATE passkeys SET counter = ?, used_at = ? WHERE id = ?', counter, now, id)
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM passkeys WHERE id = ?', id)
  }

  removeAll(): void {
    this.#sql.exec('DELETE FROM passkeys')
  }
}

function read(row: Record<string, SqlStorageValue>): Passkey {
  const passkey = row as unknown as Omit<Passkey, 'transports'> & { transports: string }
  return { ...passkey, transports: JSON.parse(passkey.transports) as string[] }
}
