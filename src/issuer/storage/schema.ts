/** The tables of the authorization server's one SQLite database. */

/** Creates what is missing. Runs before the object takes its first request. */
export function createTables(sql: SqlStorage): void {
  sql.exec(`
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
    CREATE INDEX IF NOT EXISTS artifacts_account ON artifacts (account_id) WHERE account_id IS NOT NULL;
    CREATE INDEX IF NOT EXISTS artifacts_client ON artifacts (client_id) WHERE client_id IS NOT NULL;
    CREATE INDEX IF NOT EXISTS artifacts_uid ON artifacts (uid) WHERE uid IS NOT NULL;
    CREATE INDEX IF NOT EXISTS artifacts_expiry ON artifacts (expires_at) WHERE expires_at IS NOT NULL;

    CREATE TABLE IF NOT EXISTS clients (
      id TEXT PRIMARY KEY,
      metadata TEXT NOT NULL,
      secret_hash TEXT,
      roles TEXT NOT NULL DEFAULT '[]',
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE IF NOT EXISTS users (
      id TEXT PRIMARY KEY,
      login TEXT NOT NULL UNIQUE,
      password_hash TEXT,
      profile TEXT NOT NULL DEFAULT '{}',
      roles TEXT NOT NULL DEFAULT '[]',
      disabled_at INTEGER,
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE IF NOT EXISTS passkeys (
      id TEXT PRIMARY KEY,
      user_id TEXT NOT NULL,
      public_key TEXT NOT NULL,
      counter INTEGER NOT NULL,
      transports TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS passkeys_user ON passkeys (user_id);

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

    CREATE TABLE IF NOT EXISTS attempts (
      bucket TEXT PRIMARY KEY,
      count INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS attempts_expiry ON attempts (expires_at);
  `)
}
