/**
 * FusionAuth's signature over a webhook's body: a JWT whose only claim is the SHA-256 of the bytes. It names neither
 * who made it nor for whom, so no access token may pass for one, nor one for an access token.
 * https://fusionauth.io/docs/extend/events-and-webhooks/signing
 */

import { timingSafeEqual } from 'node:crypto'
import { type Compact, readCompact } from '../../auth/bearer/compact.ts'
import type { KeySet } from '../../auth/bearer/jwks.ts'
import { findVerifying } from '../../auth/bearer/jwt.ts'
import { encodeUtf8 } from '../../lib/bytes.ts'
import type { Scope } from '../../lib/scope.ts'

const MAX_SIGNATURE_LENGTH = 4_096

const HMAC_HASHES: Readonly<Record<string, string>> = {
  HS256: 'SHA-256',
  HS384: 'SHA-384',
  HS512: 'SHA-512',
}

/** Whether a signature is the issuer's over these bytes. Throws `issuer_unavailable` where there is no verdict. */
export type SignatureCheck = (
  signature: string,
  body: Uint8Array<ArrayBuffer>,
  scope: Scope,
) => Promise<boolean>

/** With a secret it has to be an HMAC with it, else a signature by a key of the set. */
export function createSignatureCheck(
  keySet: KeySet | undefined,
  secret: string | undefined,
): SignatureCheck {
  return async (signature, body, scope) => {
    const compact = read(signature)
    if (!compact || !(await isHashOf(compact.claims.request_body_sha256, body))) return false
    return secret === undefined ? isByKeySet(compact, keySet, scope) : isBySecret(compact, secret)
  }
}

/** Undefined for what is no such signature. */
function read(text: string): Compact | undefined {
  if (text.length > MAX_SIGNATURE_LENGTH) return undefined
  try {
    const compact = readCompact(text, 'signature', (reason) => new SyntaxError(reason))
    const names = Object.keys(compact.claims)
    return names.length === 1 && names[0] === 'request_body_sha256' ? compact : undefined
  } catch {
    return undefined
  }
}

async function isHashOf(claim: unknown, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (typeof claim !== 'string') return false
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', body)).toString('base64')
  return hash.length === claim.length && timingSafeEqual(encodeUtf8(hash), encodeUtf8(claim))
}

async function isByKeySet(
  compact: Compact,
  keySet: KeySet | undefined,
  scope: Scope,
): Promise<boolean> {
  if (!keySet) return false
  const { kid } = compact.header
  const signed = { ...compact, keyId: typeof kid === 'string' ? kid : undefined }
  const search = (keys: Awaited<ReturnType<KeySet['keys']>>) => findVerifying(keys, signed)
  if (await search(await keySet.keys(scope))) return true
  return (await keySet.refreshAfterMiss(search, scope)) !== undefined
}

async function isBySecret(
  { algorithm, signature, signedBytes }: Compact,
  secret: string,
): Promise<boolean> {
  const hash = HMAC_HASHES[algorithm]
  if (hash === undefined) return false
  const key = await crypto.subtle.importKey(
    'raw',
    encodeUtf8(secret),
    { name: 'HMAC', hash },
    false,
    ['verify'],
  )
  return crypto.subtle.verify('HMAC', key, signature, signedBytes)
}
