/** What happened, a line each, without secrets: kept where it happened, so that it costs no more calls. */

/** One line of the audit log. */
export interface Note {
  /** Unix seconds. */
  at: number
  /** Such as `sign-in`, `locked` or `client add`. */
  what: string
  /** Whom or what it was about, and from where. */
  detail: string
}

const MAX_NOTES = 1000

export class Notes {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Keeps the newest thousand, and tells the log. Its table has to exist. */
  add(note: Note): void {
    console.log(JSON.stringify({ event: 'audit', ...note }))
    this.#sql.exec(
      'INSERT INTO notes (at, what, detail) VALUES (?, ?, ?)',
      note.at,
      note.what,
      note.detail,
    )
    this.#sql.exec('DELETE FROM notes WHERE id <= (SELECT MAX(id) FROM notes) - ?', MAX_NOTES)
  }

  /** Oldest first. */
  list(): Note[] {
    return this.#sql
      .exec('SELECT at, what, detail FROM notes ORDER BY id')
      .toArray() as unknown as Note[]
  }
}
