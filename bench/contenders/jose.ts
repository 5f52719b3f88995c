/** jose by hand, as its documentation shows it: one key set per isolate, one verification per request. */

import { createRemoteJWKSet, jwtVerify } from 'jose'

interface Env {
  ORIGIN: string
  ISSUER: string
  AUDIENCE: string
}

let keys: ReturnType<typeof createRemoteJWKSet> | undefined

export default {
  async fetch(request, env) {
    keys ??= createRemoteJWKSet(new URL(`${env.ISSUER}/.well-known/jwks.json`))
    const [scheme, token] = request.headers.get('authorization')?.split(' ') ?? []
    if (scheme !== 'Bearer' || token === undefined) return new Response(null, { status: 401 })
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: env.ISSUER,
        audience: env.AUDIENCE,
        algorithms: ['RS256'],
        requiredClaims: ['exp'],
      })
      const headers = new Headers(request.headers)
      headers.delete('authorization')
      headers.set('x-auth-subject', String(payload.sub))
      headers.set('x-auth-claims', btoa(JSON.stringify(payload)))
      const { pathname, search } = new URL(request.url)
      return fetch(new Request(env.ORIGIN + pathname + search, new Request(request, { headers })))
    } catch {
      return new Response(null, { status: 401 })
    }
  },
} satisfies ExportedHandler<Env>
