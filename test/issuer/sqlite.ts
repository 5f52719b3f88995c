/** A Durable Object's `sql` over Node's own SQLite, so that the tables can be tested with any clock. */

import { DatabaseSync } from 'node:sqlite'
import type { ObjectContext } from '../../src/issuer/storage/object-context.ts'
import { createTables, type TableSet } from '../../src/issuer/storage/schema.ts'

/** A database that nobody has written to. */
export function emptySql(): SqlStorage {
  const database = new DatabaseSync(':memory:')
  return {
    exec(query: string, ...bindings: (string | number | null)[]) {
      if (bindings.length === 0 && query.includes(';')) {
        database.exec(query)
        return { toArray: () => [], one: () => undefined }
      }
      const rows = database.prepare(query).all(...bindings)
      return { toArray: () => rows, one: () => rows[0] }
    },
  } as unknown as SqlStorage
}

/** An empty database with the tables of one kind of object. */
export function memorySql(set: TableSet): SqlStorage {
  const sql = emptySql()
  createTables(sql, set)
  return sql
}

/** An object over this database, at a time that stands still. */
export function objectContext(sql: SqlStorage, now: number): ObjectContext {
  return {
    sql,
    now: () => now,
    expireAt: async () => {},
    alone: (use) => use(),
    erase: async () => {
      for (const table of tablesOf(sql)) sql.exec(`DROP TABLE ${table};`)
    },
  }
}

/** The names of its tables. */
export function tablesOf(sql: SqlStorage): string[] {
  const query = "SELECT name FROM sqlite_master WHERE type = 'table'"
  return sql
    .exec<{ name: string }>(query)
    .toArray()
    .map(({ name }) => name)
}
