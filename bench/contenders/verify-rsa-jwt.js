/**
 * verify-rsa-jwt-cloudflare-worker with its KV store, as its README shows it. It checks the signature
 * alone, so issuer, audience and expiry are checked here: every contender does the same work.
 * JavaScript, because it imports a peer that is installed only when the benchmark runs.
 */

import { getJwks, useKVStore, verify } from 'verify-rsa-jwt-cloudflare-worker'

export default {
  async fetch(request, env) {
    const token = request.headers.get('Authorization')?.replace(/Bearer\s+/i, '') || ''
    try {
      const jwks = await getJwks(`${env.ISSUER}/.well-known/jwks.json`, useKVStore(env.STORE))
      const { payload } = await verify(token, jwks)
      const fits =
        payload.iss === env.ISSUER &&
        payload.aud === env.AUDIENCE &&
        payload.exp * 1000 > Date.now()
      if (!fits) throw new Error('claims')
      const headers = new Headers(request.headers)
      headers.delete('authorization')
      headers.set('x-auth-subject', payload.sub)
      headers.set('x-auth-claims', btoa(JSON.stringify(payload)))
      const { pathname, search } = new URL(request.url)
      return fetch(new Request(env.ORIGIN + pathname + search, new Request(request, { headers })))
    } catch {
      return new Response(null, { status: 401 })
    }
  },
}
