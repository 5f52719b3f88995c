/** One issuer that stands in for all: it signs tokens of whoever is named, and answers what is asked about keys. */

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Fetch } from '../../../lib/fetch.ts'

export interface ProbeIssuer {
  readonly algorithms: readonly string[]
  /** A token with these claims; `header` may name another algorithm or key. */
  mint(claims: object, header?: { readonly alg?: string; readonly kid?: string }): Promise<string>
  /** Answers discovery, key set and introspection of every issuer, and notes what was asked. */
  fetchFor(asked: Set<string>, isDown: boolean, isBound: boolean): Fetch
}

/** Keys that are published under each of `keyIds` too. */
export async function createProbeIssuer(
  issuers: readonly string[],
  audiences: readonly string[],
  keyIds: Iterable<string>,
  now: number,
): Promise<ProbeIssuer> {
  const pairs = new Map<string, CryptoKeyPair>()
  const published: JWK[] = []
  for (const alg of ['RS256', 'ES256', 'ES384', 'EdDSA']) {
    const pair = await generateKeyPair(alg, { extractable: true })
    pairs.set(alg, pair)
    const jwk = await exportJWK(pair.publicKey)
    published.push({ ...jwk, kid: `probe-${alg}` })
    if (alg !== 'RS256') continue
    for (const kid of [...keyIds].slice(0, 90)) published.push({ ...jwk, kid })
  }
  return {
    algorithms: [...pairs.keys()],

    mint(claims, { alg = 'RS256', kid = `probe-${alg}` } = {}) {
      const { privateKey } = pairs.get(alg) as CryptoKeyPair
      const body = { sub: 'probe', iat: now - 60, exp: now + 300, ...claims }
      return new SignJWT(body).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).sign(privateKey)
    },

    fetchFor: (asked, isDown, isBound) => async (request) => {
      const { url, method } = request
      asked.add(
        `${method} ${url}${isBound ? '(binding)' : ''} ${request.headers.get('authorization') ?? ''}`,
      )
      if (method === 'POST') {
        const iss = issuers.find((issuer) => issuer.startsWith(new URL(url).origin))
        return Response.json({ active: true, iss, aud: audiences, sub: 'probe', exp: now + 300 })
      }
      if (isDown) return new Response(null, { status: 503 })
      return answer(url, issuers, published)
    },
  }
}

function answer(url: string, issuers: readonly string[], keys: readonly JWK[]): Response {
  const path = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)/
  if (!path.test(url)) return Response.json({ keys })
  const isAsked = (issuer: string) =>
    issuer.replace(/\/$/, '') === url.replace(path, '').replace(/\/$/, '')
  const issuer = issuers.find(isAsked) ?? url.replace(path, '')
  const { origin } = new URL(url)
  return Response.json({
    issuer,
    jwks_uri: `${origin}/jwks`,
    introspection_endpoint: `${origin}/introspect`,
  })
}
