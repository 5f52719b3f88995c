/** One DPoP proof (RFC 9449 section 4.3): is it this key's, for this request, this token and this moment? */

import { calculateJwkThumbprint, type JWK } from 'jose'
import { GatewayError } from '../../errors.ts'
import { createBoundedMap } from '../../lib/bounded-map.ts'
import { sha256 } from '../../lib/bytes.ts'
import { toDouble } from '../../lib/exact-json.ts'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { type Compact, readCompact } from '../bearer/compact.ts'
import { readKey, type VerificationKey } from '../bearer/jwk.ts'
import type { Inbound } from '../scheme.ts'
import { isTarget } from './target-uri.ts'

/** In characters. That of a 4096-bit RSA key has some 2,000. */
export const MAX_PROOF_LENGTH = 4_096
export const MAX_JTI_LENGTH = 256
/** How far the client's clock may be ahead. */
export const CLOCK_SKEW_SECONDS = 30
/** Of clients whose key need not be read again. */
const MAX_KEYS = 200
/** RFC 7518 section 6: what only the owner of a key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export interface ProofRules {
  readonly algorithms: readonly string[]
  /** How old a proof may be. */
  readonly maxAgeSeconds: number
  /** Unix seconds. */
  readonly now: () => number
}

export interface Proof {
  readonly id: string
  readonly nonce: unknown
  /** How long, from now, the proof would be good if it came again. */
  readonly secondsLeft: number
}

/** Throws `invalid_dpop_proof`, or `invalid_token` where the proof is made with another key than the token is bound to. */
export type CheckProof = (bound: unknown, token: string, inbound: Inbound) => Promise<Proof>

interface ProofKey {
  readonly key: VerificationKey
  /** RFC 7638. */
  readonly thumbprint: string
}

export function createProofCheck(rules: ProofRules): CheckProof {
  const { algorithms, now } = rules
  // By the header of the proof, which is the same in all proofs of a client. A verdict depends on nothing else here.
  const keys = createBoundedMap<ProofKey>({
    maxEntries: MAX_KEYS,
    maxKeyLength: MAX_KEYS * MAX_PROOF_LENGTH,
  })

  return async (bound, token, inbound) => {
    const text = readHeader(inbound.request.headers)
    const proof = readCompact(text, 'proof', invalidProof)
    const head = text.slice(0, text.indexOf('.'))
    const known = keys.get(head)
    const { key, thumbprint } = known ?? (await readProofKey(proof, algorithms))
    if (thumbprint !== bound) {
      throw new GatewayError('invalid_token', {
        reason: 'the token is bound to another key than the proof is made with',
      })
    }
    if (!known) keys.set(head, { key, thumbprint })
    if (!(await key.verify(proof.algorithm, proof.signature, proof.signedBytes))) {
      throw invalidProof('the signature of the proof is not that of its key')
    }
    checkTarget(proof.claims, inbound)
    if (proof.claims.ath !== (await sha256(token))) {
      throw invalidProof('ath is not the hash of the token')
    }
    return {
      id: readId(proof.claims.jti),
      nonce: proof.claims.nonce,
      secondsLeft: readAge(proof.claims.iat, rules.maxAgeSeconds, now()),
    }
  }
}

function readHeader(headers: Headers): string {
  const text = headers.get('dpop')
  if (text === null) throw invalidProof('no DPoP header was sent beside the token')
  // Several lines of a header arrive as one with commas (RFC 9110 section 5.2).
  if (text.includes(',')) throw invalidProof('there is more than one proof')
  if (text.length > MAX_PROOF_LENGTH) {
    throw invalidProof(`the proof is longer than ${MAX_PROOF_LENGTH} characters`)
  }
  return text
}

async function readProofKey(
  { algorithm, header }: Compact,
  algorithms: readonly string[],
): Promise<ProofKey> {
  const { typ, jwk } = header
  if (typ !== 'dpop+jwt') throw invalidProof('the typ of the proof is not dpop+jwt')
  if (!algorithms.includes(algorithm))
    throw invalidProof('the algorithm of the proof is not allowed')
  if (!isObject(jwk)) throw invalidProof('the proof has no jwk')
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) {
    throw invalidProof('the jwk of the proof is no public key')
  }
  const key = readKey(jwk)
  if (!key?.algorithms.includes(algorithm)) {
    throw invalidProof('the jwk of the proof is no sound key for its algorithm')
  }
  return { key, thumbprint: await calculateJwkThumbprint(jwk as JWK) }
}

function checkTarget({ htm, htu }: JsonObject, { request, location }: Inbound): void {
  if (htm !== request.method) throw invalidProof('htm is not the method of the request')
  if (typeof htu !== 'string' || !isTarget(htu, location)) {
    throw invalidProof('htu is not the address of the request')
  }
}

/** How long a proof of that `iat` is still good. */
function readAge(iat: unknown, maxAgeSeconds: number, now: number): number {
  const madeAt = toDouble(iat)
  if (madeAt === undefined) throw invalidProof('iat is no time')
  if (madeAt > now + CLOCK_SKEW_SECONDS) throw invalidProof('iat is in the future')
  if (madeAt + maxAgeSeconds < now) throw invalidProof(`the proof is older than ${maxAgeSeconds} s`)
  return madeAt + maxAgeSeconds - now
}

function readId(jti: unknown): string {
  if (typeof jti === 'string' && jti !== '' && jti.length <= MAX_JTI_LENGTH) return jti
  throw invalidProof(`jti is no text of 1 to ${MAX_JTI_LENGTH} characters`)
}

export function invalidProof(reason: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid_dpop_proof', { reason, cause })
}
