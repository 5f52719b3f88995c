/**
 * Hono with hono/jwk and hono/proxy, wired as their documentation shows it.
 * JavaScript, because it imports a peer that is installed only when the benchmark runs.
 */

import { Hono } from 'hono'
import { jwk } from 'hono/jwk'
import { proxy } from 'hono/proxy'

const app = new Hono()

app.use('/*', (c, next) =>
  jwk({
    jwks_uri: `${c.env.ISSUER}/.well-known/jwks.json`,
    alg: ['RS256'],
    verification: { iss: c.env.ISSUER, aud: c.env.AUDIENCE },
  })(c, next),
)

app.all('/*', (c) => {
  const { pathname, search } = new URL(c.req.url)
  const payload = c.get('jwtPayload')
  return proxy(`${c.env.ORIGIN}${pathname}${search}`, {
    ...c.req,
    headers: {
      ...c.req.header(),
      Authorization: undefined,
      'x-auth-subject': payload.sub,
      'x-auth-claims': btoa(JSON.stringify(payload)),
    },
  })
})

export default app
