// A gateway that trusts one provider, whose documents are where the provider publishes them. A call to
// anywhere else is a failure.

import type { SchemeFeature } from '../../../src/auth/feature.ts'
import { checkConfig } from '../../../src/config/prepare.ts'
import type { LogEvent, RequestEvent } from '../../../src/operate/log.ts'
import { START } from '../../support/gateway.ts'
import {
  createTestKey,
  joinParts,
  signParts,
  type TestAlg,
  type TestKey,
} from '../../support/signing-keys.ts'
import { createGateway } from '../../support/watched-gateway.ts'

type Members = Record<string, unknown>

export interface Published {
  /** Where the key set is. */
  keys: string
  /** Where its discovery document is, and which issuer that names; absent where nobody may ask for one. */
  discovery?: readonly [url: string, issuer: string]
  /** Default `RS256`. */
  alg?: TestAlg
  /** Members of the published key that differ; `undefined` leaves one out. */
  key?: Members
  /** Members of a token's header beside `alg` and `kid`. Default `{ typ: 'JWT' }`. */
  header?: Members
}

/** What the gateway made of a token: the caller, or why it was refused. */
export interface Seen {
  status: number
  kind?: string
  subject?: string
  scopes?: string[]
  roles?: string[]
  reason?: string
}

const keys = new Map<TestAlg, Promise<TestKey>>()

function keyFor(alg: TestAlg): Promise<TestKey> {
  const key = keys.get(alg) ?? createTestKey(alg)
  keys.set(alg, key)
  return key
}

export const now = START

/** Shows tokens with these claims; `iat` and `exp` are added. */
export async function trust(main: SchemeFeature, published: Published) {
  const { alg = 'RS256', header = { typ: 'JWT' }, discovery } = published
  const key = await keyFor(alg)
  const document = { keys: [{ ...key.jwk, ...published.key }] }
  const events: LogEvent[] = []
  const gateway = createGateway(
    {
      schemes: { main },
      routes: [
        {
          path: '/*',
          to: (_request, principal) => {
            const { kind, subject, scopes = new Set(), roles } = principal ?? {}
            return Response.json({ status: 200, kind, subject, scopes: [...scopes], roles })
          },
        },
      ],
    },
    {
      now: () => now,
      log: (event) => events.push(event),
      async fetch({ url }) {
        if (url === published.keys) return Response.json(document)
        if (url !== discovery?.[0]) throw new Error(`unexpected call to ${url}`)
        return Response.json({ issuer: discovery[1], jwks_uri: published.keys })
      },
    },
  )

  async function send(headers: Record<string, string>): Promise<Seen> {
    const request = new Request('https://api.test/', { headers })
    const response = await gateway.fetch(request, { waitUntil: () => {} })
    if (response.status === 200) return response.json()
    const { reason } = events.at(-1) as RequestEvent
    return { status: response.status, ...(reason !== undefined && { reason }) }
  }

  async function mint(claims: Members): Promise<string> {
    const payload = { iat: now, exp: now + 300, ...claims }
    return joinParts(await signParts({ alg, kid: key.kid, ...header }, payload, key))
  }

  return {
    problems: gateway.problems,
    send,
    mint,
    show: async (claims: Members) => send({ authorization: `Bearer ${await mint(claims)}` }),
  }
}

/** What is wrong with an entry, without its place. */
export function slips(main: SchemeFeature): string[] {
  const problems = checkConfig({
    schemes: { main },
    routes: [{ path: '/', to: 'https://origin.test' }],
  })
  return problems.map((problem) => problem.replace('schemes.main', ''))
}
