/**
 * Clients that are a document on the web: their client id is its https URL
 * (draft-ietf-oauth-client-id-metadata-document). The library has this as an experiment that shares
 * promises between requests, which a Worker must not do; so here such a client is read like any other,
 * through the isolate's cache.
 */

import { InvalidClient } from 'oidc-provider/lib/helpers/errors.js'
import { areNative, isLoopback, redirectUriProblem } from '../storage/redirect-uris.ts'
import { readBody } from './bounded-body.ts'
import type { Outside } from './outside.ts'

const MAX_BYTES = 5120
const MIN_SECONDS = 300
const MAX_SECONDS = 86_400
/** What a client keeps secret cannot stand in a document that everybody can read. */
const AUTH_METHODS = new Set(['none', 'private_key_jwt'])

/** A document, as it was read. */
export interface ClientDocument {
  /** JSON in the names of RFC 7591. */
  metadata: string
  /** How long it may be kept. */
  seconds: number
}

/** True for a client id that is the address of a document; section 3 of the draft. */
export function isDocumentId(id: string): boolean {
  const url = URL.parse(id)
  // In development, where this server is on plain http itself, its neighbours may be as well.
  if (!url || (url.protocol !== 'https:' && !isLoopback(url))) return false
  return url.href === id && url.pathname !== '/' && !url.hash && !url.username && !url.password
}

/** Reads the document of a client. Throws `invalid_client` where it cannot be one. */
export async function readClientDocument(
  outside: Outside,
  hosts: readonly string[] | undefined,
  scopes: readonly string[],
  id: string,
): Promise<ClientDocument> {
  const { hostname } = new URL(id)
  if (hosts && !hosts.includes(hostname)) throw refusal(`clients of ${hostname} are not taken here`)
  const reason = outside.problem(id)
  if (reason !== undefined) throw refusal(reason)
  let response: Response
  try {
    response = await outside.fetch(id, { headers: { accept: 'application/json' } })
  } catch {
    throw refusal('the document could not be fetched')
  }
  if (response.status !== 200) throw refusal(`the document was answered with ${response.status}`)
  const properties = parse(await readText(response))
  return {
    metadata: JSON.stringify(checked(properties, id, scopes)),
    seconds: lifetimeOf(response.headers),
  }
}

async function readText(response: Response): Promise<string> {
  const body = await readBody(response, MAX_BYTES)
  if (body === undefined) throw refusal(`the document is longer than ${MAX_BYTES} bytes`)
  return body
}

function parse(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Told below.
  }
  throw refusal('the document is not a JSON object')
}

/** The members that count here; what a document says about anything else is left out. */
function checked(
  document: Record<string, unknown>,
  id: string,
  scopes: readonly string[],
): Record<string, unknown> {
  if (document.client_id !== id) throw refusal('its client_id is not its own address')
  if ('client_secret' in document) throw refusal('it must not hold a secret')
  const method = document.token_endpoint_auth_method ?? 'none'
  if (!AUTH_METHODS.has(String(method)))
    throw refusal(`it cannot authenticate by ${String(method)}`)
  const uris = document.redirect_uris
  if (!Array.isArray(uris) || uris.length === 0 || !uris.every((uri) => typeof uri === 'string')) {
    throw refusal('its redirect_uris are missing')
  }
  const problem = uris.map(redirectUriProblem).find((text) => text !== undefined)
  if (problem !== undefined) throw refusal(problem)
  const asked = typeof document.scope === 'string' ? document.scope.split(' ') : []
  const known = asked.filter((scope) => scopes.includes(scope))
  const text = (name: string) =>
    typeof document[name] === 'string' && document[name] !== '' && { [name]: document[name] }
  return {
    client_id: id,
    ...text('client_name'),
    ...text('client_uri'),
    ...text('jwks_uri'),
    ...(document.jwks !== undefined && { jwks: document.jwks }),
    redirect_uris: uris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: method,
    application_type: areNative(uris) ? 'native' : 'web',
    self_registered: true,
    ...(known.length > 0 && { scope: known.join(' ') }),
  }
}

/** As long as its headers allow, but no shorter and no longer than is good for both sides. */
function lifetimeOf(headers: Headers): number {
  const control = headers.get('cache-control') ?? ''
  const age = /(?:^|[\s,])max-age=(\d+)/i.exec(control)?.[1]
  return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, Number(age ?? MIN_SECONDS)))
}

function refusal(reason: string): Error {
  return new InvalidClient(`the client's metadata document: ${reason}`)
}
