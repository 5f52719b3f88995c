/** A Durable Object's `sql` over Node's own SQLite, so that the tables can be tested with any clock. */

import { DatabaseSync } from 'node:sqlite'
import { createTables } from '../../src/issuer/storage/schema.ts'

/** An empty database with the authorization server's tables. */
export function memorySql(): SqlStorage {
  const database = new DatabaseSync(':memory:')
  const sql = {
    exec(query: string, ...bindings: (string | number | null)[]) {
      if (bindings.length === 0 && query.includes(';')) {
        database.exec(query)
        return { toArray: () => [], one: () => undefined }
      }
      const rows = database.prepare(query).all(...bindings)
      return { toArray: () => rows, one: () => rows[0] }
    },
  } as unknown as SqlStorage
  createTables(sql)
  return sql
}
