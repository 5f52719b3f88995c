/**
 * The tables of each kind of object. An object that nobody has written to has none: reading of a
 * person or a login that does not exist leaves no trace.
 */

export type TableSet = keyof typeof TABLES

const ARTIFACTS = `
  CREATE TABLE IF NOT EXISTS artifacts (
    model TEXT NOT NULL,
    id TEXT NOT NULL,
    payload TEXT NOT NULL,
    grant_id TEXT,
    account_id TEXT,
    client_id TEXT,
    uid TEXT,
    user_code TEXT,
    consumed_at INTEGER,
    expires_at INTEGER,
    PRIMARY KEY (model, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS artifacts_grant ON artifacts (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS artifacts_uid ON artifacts (uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS artifacts_expiry ON artifacts (expires_at) WHERE expires_at IS NOT NULL;
`

const ATTEMPTS = `
  CREATE TABLE IF NOT EXISTS attempts (
    bucket TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempts_expiry ON attempts (expires_at);
`

const NOTES = `
  CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL
  );
`

const TABLES = {
  artifacts: ARTIFACTS,
  attempts: ATTEMPTS,
  directory: `
    CREATE TABLE IF NOT EXISTS clients (
      id TEXT PRIMARY KEY,
      metadata TEXT NOT NULL,
      secret_hash TEXT,
      roles TEXT NOT NULL DEFAULT '[]',
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS registrations (
      id TEXT PRIMARY KEY,
      used_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS people (
      id TEXT PRIMARY KEY,
      login TEXT NOT NULL UNIQUE,
      info TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS signing_keys (
      kid TEXT PRIMARY KEY,
      jwk TEXT NOT NULL,
      signs_from INTEGER NOT NULL,
      retires_at INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS cookie_keys (
      id TEXT PRIMARY KEY,
      secret TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS moved (
      model TEXT NOT NULL,
      id TEXT NOT NULL,
      place TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (model, id)
    ) WITHOUT ROWID;
    ${NOTES}
  `,
  person: `
    CREATE TABLE IF NOT EXISTS person (
      id TEXT PRIMARY KEY,
      login TEXT NOT NULL,
      profile TEXT NOT NULL DEFAULT '{}',
      roles TEXT NOT NULL DEFAULT '[]',
      disabled_at INTEGER,
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS totp (
      secret TEXT PRIMARY KEY,
      confirmed INTEGER NOT NULL DEFAULT 0,
      last_step INTEGER NOT NULL DEFAULT 0,
      tries INTEGER NOT NULL DEFAULT 0,
      tries_since INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS passkeys (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL DEFAULT '',
      public_key TEXT NOT NULL,
      counter INTEGER NOT NULL,
      transports TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      used_at INTEGER
    ) WITHOUT ROWID;
    ${ARTIFACTS}
    ${NOTES}
  `,
  elsewhere: `
    CREATE TABLE IF NOT EXISTS elsewhere (
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL,
      linked_at INTEGER NOT NULL,
      PRIMARY KEY (issuer, subject)
    ) WITHOUT ROWID;
  `,
  login: `
    CREATE TABLE IF NOT EXISTS login (
      login TEXT PRIMARY KEY,
      person_id TEXT NOT NULL,
      password_hash TEXT
    ) WITHOUT ROWID;
    ${ATTEMPTS}
    ${NOTES}
  `,
  visitors: `${ARTIFACTS} ${ATTEMPTS}`,
}

/** Creates what is missing of `set`. */
export function createTables(sql: SqlStorage, set: TableSet): void {
  sql.exec(TABLES[set])
}

/** True where the object has been written to. */
export function hasTable(sql: SqlStorage, name: string): boolean {
  const query = "SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ?"
  return sql.exec(query, name).toArray().length > 0
}
