/** The applications that may ask for tokens. Of a secret only its hash is kept. */

import {
  type ClientChange,
  checkUris,
  grantsOf,
  metadataOf,
  type NewClient,
} from './client-metadata.ts'
import { areNative } from './redirect-uris.ts'
import { hashSecret, randomSecret } from './secret-hash.ts'

/** A client as an administrator sees it. */
export interface ClientInfo {
  id: string
  /** JSON: its metadata in the names of RFC 7591, without the secret. */
  metadata: string
  roles: string[]
  /** Unix seconds. */
  createdAt: number
}

/** A client as it is stored. */
export interface StoredClientRow extends ClientInfo {
  secretHash: string | null
}

interface ClientRow extends Record<string, SqlStorageValue> {
  id: string
  metadata: string
  secretHash: string | null
  roles: string
  createdAt: number
}

const MIN_SECRET_LENGTH = 32
const SELECT =
  'SELECT id, metadata, secret_hash AS secretHash, roles, created_at AS createdAt FROM clients'

export class Clients {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Adds a client and answers the only copy of its secret. Throws where it cannot be. */
  async add(client: NewClient, now: number): Promise<{ id: string; secret: string | undefined }> {
    const id = client.id ?? randomSecret().slice(0, 22)
    if (!/^[\x21-\x7E]{1,128}$/.test(id))
      throw new Error('the client id has characters it must not have')
    if (this.#row(id)) throw new Error(`there already is a client "${id}"`)
    const secret = ['public', 'device'].includes(client.kind)
      ? undefined
      : (client.secret ?? randomSecret())
    if (secret !== undefined && secret.length < MIN_SECRET_LENGTH) {
      throw new Error(`a client secret needs at least ${MIN_SECRET_LENGTH} characters`)
    }
    const redirectUris = client.redirectUris ?? []
    checkUris(client)
    if (['web', 'public'].includes(client.kind) && redirectUris.length === 0) {
      throw new Error('a client that signs people in needs a redirect URI')
    }
    await this.save(
      {
        client_id: id,
        ...metadataOf(client),
        ...grantsOf(client.kind, redirectUris),
        redirect_uris: redirectUris,
        client_secret: secret,
      },
      now,
      client.roles,
    )
    return { id, secret }
  }

  /** Stores metadata in the names of RFC 7591, its secret hashed. */
  async save(metadata: Record<string, unknown>, now: number, roles: string[] = []): Promise<void> {
    const { client_secret: secret, client_id: id, ...rest } = metadata
    const hash = typeof secret === 'string' ? await hashSecret(secret) : null
    this.#sql.exec(
      `INSERT INTO clients (id, metadata, secret_hash, roles, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata, secret_hash = excluded.secret_hash`,
      String(id),
      JSON.stringify(rest),
      hash,
      JSON.stringify(roles),
      now,
    )
  }

  /** The client as oidc-provider reads it, as JSON: `client_secret` is the hash, `roles` its roles. */
  find(id: string, isRegistered = false): string | undefined {
    const row = this.#row(id)
    if (!row) return undefined
    return JSON.stringify({
      ...(JSON.parse(row.metadata) as object),
      client_id: row.id,
      client_id_issued_at: row.createdAt,
      ...(row.secretHash && { client_secret: row.secretHash }),
      roles: JSON.parse(row.roles) as string[],
      ...(isRegistered && { self_registered: true }),
    })
  }

  list(): ClientInfo[] {
    return this.#sql
      .exec<ClientRow>(`${SELECT} ORDER BY id`)
      .toArray()
      .map(({ id, metadata, roles, createdAt }) => {
        return { id, metadata, roles: JSON.parse(roles) as string[], createdAt }
      })
  }

  update(id: string, change: ClientChange): void {
    const row = this.#row(id)
    if (!row) throw new Error(`there is no client "${id}"`)
    checkUris(change)
    const before = JSON.parse(row.metadata) as { token_endpoint_auth_method?: string }
    const { redirectUris, roles } = change
    const isPublic = before.token_endpoint_auth_method === 'none'
    const metadata = {
      ...before,
      ...metadataOf(change),
      ...(redirectUris && {
        redirect_uris: redirectUris,
        application_type: isPublic && areNative(redirectUris) ? 'native' : 'web',
      }),
    }
    this.#sql.exec(
      'UPDATE clients SET metadata = ?, roles = ? WHERE id = ?',
      JSON.stringify(metadata),
      roles ? JSON.stringify(roles) : row.roles,
      id,
    )
  }

  /** Those that did not register themselves, with the hashes of their secrets. */
  exportAll(): StoredClientRow[] {
    return this.#sql
      .exec<ClientRow>(`${SELECT} WHERE id NOT IN (SELECT id FROM registrations) ORDER BY id`)
      .toArray()
      .map((row) => ({ ...row, roles: JSON.parse(row.roles) as string[] }))
  }

  /** Takes a client in as it was elsewhere. Throws where there is another of this id. */
  take({ id, metadata, secretHash, roles, createdAt }: StoredClientRow): void {
    if (this.#row(id)) throw new Error(`there already is a client "${id}"`)
    this.#sql.exec(
      `INSERT INTO clients (id, metadata, secret_hash, roles, created_at) VALUES (?, ?, ?, ?, ?)`,
      id,
      JSON.stringify(JSON.parse(metadata)),
      secretHash,
      JSON.stringify(roles),
      createdAt,
    )
  }

  /** Replaces the secret at once and answers the only copy of the new one. */
  async rotateSecret(id: string): Promise<string> {
    const row = this.#row(id)
    if (!row) throw new Error(`there is no client "${id}"`)
    if (!row.secretHash) throw new Error(`the client "${id}" is public and has no secret`)
    const secret = randomSecret()
    this.#sql.exec('UPDATE clients SET secret_hash = ? WHERE id = ?', await hashSecret(secret), id)
    return secret
  }

  remove(id: string): void {
    if (!this.#row(id)) throw new Error(`there is no client "${id}"`)
    this.#sql.exec('DELETE FROM clients WHERE id = ?', id)
  }

  #row(id: string): ClientRow | undefined {
    return this.#sql.exec<ClientRow>(`${SELECT} WHERE id = ?`, id).toArray()[0]
  }
}
