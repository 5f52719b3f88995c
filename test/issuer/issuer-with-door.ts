/**
 * The shipped authorization server with two doors that only tests have: one calls an object, the other
 * tells which calls to objects the server made. Its grace is long, so that no test has to be quick, and
 * with UPSTREAM_ISSUER people may sign in there as well.
 */

import { defineIssuer, type IssuerEnv } from '../../src/issuer/config.ts'
import shipped from '../../src/issuer/issuer.config.ts'
import { createIssuer } from '../../src/issuer/issuer.ts'

export { IssuerStorage } from '../../src/issuer/storage/issuer-storage.ts'

const issuer = createIssuer(
  defineIssuer((env: IssuerEnv & { UPSTREAM_ISSUER?: string }) => ({
    ...shipped(env),
    refreshGraceSeconds: 3600,
    ...(env.UPSTREAM_ISSUER && {
      upstream: {
        name: 'Acme',
        issuer: env.UPSTREAM_ISSUER,
        clientId: 'gatehouse',
        clientSecret: env.UPSTREAM_CLIENT_SECRET,
        createPeople: ['new.example'],
      },
    }),
  })),
)

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>
type Roles = Record<string, Methods>

/** What `POST /test/object` takes. */
export interface ObjectCall {
  name: string
  role: string
  method: string
  args: unknown[]
}

/** One call of the server: the name of the object, the part of it, and what was asked. */
let calls: string[] = []

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (pathname === '/test/object') {
      const { name, role, method, args } = await request.json<ObjectCall>()
      const object = env.ISSUER_STORAGE.getByName(name) as unknown as Roles
      const answer = await object[role]?.[method]?.(...args)
      return Response.json({ answer: answer ?? null })
    }
    if (pathname === '/test/calls') {
      const made = calls
      calls = []
      return Response.json(made)
    }
    return issuer.fetch(request, counted(env), ctx)
  },
  scheduled: issuer.scheduled,
} satisfies ExportedHandler<IssuerEnv>

function counted(env: IssuerEnv): IssuerEnv {
  const getByName = (name: string) => {
    const object = env.ISSUER_STORAGE.getByName(name) as unknown as Roles
    return reading((role) =>
      reading((method) => (...args: unknown[]) => {
        calls.push(`${name} ${role}.${method}`)
        return object[role]?.[method]?.(...args)
      }),
    )
  }
  return { ...env, ISSUER_STORAGE: { getByName } as unknown as IssuerEnv['ISSUER_STORAGE'] }
}

function reading<T>(read: (name: string) => T): Record<string, T> {
  return new Proxy({} as Record<string, T>, { get: (_, name) => read(String(name)) })
}
