/** A new key for assertions. */

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'

const ALGORITHMS: readonly string[] = ['ES256', 'EdDSA']

/** A private JSON Web Key in one line. Throws a TypeError where `algorithm` is not one of those that are taken. */
export async function makeKey(algorithm: string): Promise<string> {
  if (!ALGORITHMS.includes(algorithm)) throw new TypeError('--alg is ES256 or EdDSA')
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  return JSON.stringify({ ...jwk, kid, alg: algorithm, use: 'sig' })
}
