// A feature that the owner's file does not import is not in the Worker that is deployed.

import { describe, expect, it } from 'vitest'
import { bundleWorker } from '../support/worker-bundle.ts'

/** Texts of signed links: what verifies has the first, and what makes links has the second. */
const VERIFIES = 'gatehouse-link-1'
const MAKES = 'A prefix has 1 to 99 segments'

/** Parts of routes: a text of each, and what brings it. */
const PARTS = {
  cors: ['access-control-expose-headers', './src/edge/cors.ts'],
  deprecated: ['rel="deprecation"', './src/edge/deprecation.ts'],
  limit: ['ratelimit-policy', './src/edge/limit/limit.ts'],
  addresses: ['hidden by Pseudo IPv4', './src/edge/addresses.ts'],
  'the library of addresses': ['ipv4Mapped', './src/edge/addresses.ts'],
  bodyLimit: ['bytes, more than 0', './src/edge/body-limit.ts'],
  retry: ['every other status is an answer', './src/upstream/retry.ts'],
  idleTimeout: ['was silent for', './src/upstream/idle-timeout.ts'],
} as const

describe.each(Object.entries(PARTS))('%s', (_, [mark, file]) => {
  it('is not in a bundle that does not import it', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect(bundle).not.toContain(mark)
    expect(await bundleWorker({ script: `export * from '${file}'` })).toContain(mark)
  })
})

describe('signed links', () => {
  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect([VERIFIES, MAKES].filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('bring what verifies, and not what makes them', async () => {
    const script = "export * from './src/auth/link/signed-links.ts'"
    const bundle = await bundleWorker({ script })
    expect([VERIFIES, MAKES].filter((mark) => bundle.includes(mark))).toEqual([VERIFIES])
  })
})

/** Of what the operator sees: a text of each that owners do not import unless they want it. */
const OPERATING = {
  'request-log.ts': 'subjects can be guessed',
  'metrics/metrics.ts': 'metrics_failed',
  'health.ts': '/.well-known/gatehouse/health',
}

describe.each(Object.entries(OPERATING))('operate/%s', (file, mark) => {
  it('is not in a bundle that does not import it', async () => {
    expect(await bundleWorker({ entry: 'src/index.ts' })).not.toContain(mark)
    const script = `export * from './src/operate/${file}'`
    expect(await bundleWorker({ script })).toContain(mark)
  })
})

/** A text of the check of revocation, and one of FusionAuth's events. */
const REVOKES = 'the token was revoked'
const LISTENS = 'request_body_sha256'

describe('revocation', () => {
  it('is not in a bundle that does not import it', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect([REVOKES, LISTENS].filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('does not bring the events of an issuer', async () => {
    const script = "export * from './src/operate/revocation/revocation.ts'"
    const bundle = await bundleWorker({ script })
    expect([REVOKES, LISTENS].filter((mark) => bundle.includes(mark))).toEqual([REVOKES])
  })
})

describe('proof for the origin, and traces', () => {
  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    const marks = ['/.well-known/gatehouse/jwks.json', 'ASSERTION_KEY', 'acceptRequestId']
    // The names of the parts are, for whoever writes something else there.
    expect(marks.filter((mark) => bundle.includes(mark))).toEqual(['ASSERTION_KEY'])
  })

  it.each([
    ['upstream/assertion/assertion.ts', '/.well-known/gatehouse/jwks.json'],
    ['operate/tracing.ts', 'acceptRequestId'],
  ])('come with src/%s', async (file, mark) => {
    const bundle = await bundleWorker({ script: `export * from './src/${file}'` })
    expect(bundle).toContain(mark)
  })
})

/** Texts of the proof of possession: of DPoP, of its nonces, and of certificates. */
const OF_DPOP = ['dpop+jwt', 'gatehouse-dpop-nonce-1', 'takeProof']
const OF_CERTIFICATES = 'certFingerprintSHA256'

describe('proof of possession', () => {
  it('is not in a bundle that does not import it', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect([...OF_DPOP, OF_CERTIFICATES].filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('comes one by one: DPoP without certificates, certificates without DPoP', async () => {
    const of = (file: string) =>
      bundleWorker({ script: `export * from './src/auth/possession/${file}.ts'` })
    const [dpop, mtls] = await Promise.all([of('dpop'), of('mtls')])
    expect(OF_DPOP.filter((mark) => dpop.includes(mark))).toEqual(OF_DPOP)
    expect(dpop).not.toContain(OF_CERTIFICATES)
    expect(OF_DPOP.filter((mark) => mtls.includes(mark))).toEqual([])
    expect(mtls).toContain(OF_CERTIFICATES)
  })
})

/** Texts of sessions and of the OAuth client that they bring, and of what FusionAuth's SDKs need beside them. */
const SESSIONS = ['gatehouse-session-1', 'oauth4webapi', 'backchannel-logout']
const APP = 'app.at_exp'

describe('sessions', () => {
  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect([...SESSIONS, APP].filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('bring an OAuth client, and not the paths of FusionAuth', async () => {
    const bundle = await bundleWorker({ script: "export * from './src/session/sessions.ts'" })
    expect([...SESSIONS, APP].filter((mark) => bundle.includes(mark))).toEqual(SESSIONS)
  })
})

describe('rights by tool', () => {
  /** A method that only they know, and a text of their options. */
  const MARKS = ['resources/templates/list', 'names nothing, so that every tool would be refused']

  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect(MARKS.filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('are in one that does', async () => {
    const bundle = await bundleWorker({ script: "export * from './src/mcp/tools.ts'" })
    expect(MARKS.filter((mark) => bundle.includes(mark))).toEqual(MARKS)
  })
})

describe('stored answers', () => {
  /** Of the cache, and of the library that knows what may be stored. */
  const MARKS = ['gatehouse-cache-1', 'Invalid serialization']

  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect(MARKS.filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('come with the library that knows what may be stored', async () => {
    const bundle = await bundleWorker({ script: "export * from './src/edge/cache/cached.ts'" })
    expect(MARKS.filter((mark) => bundle.includes(mark))).toEqual(MARKS)
  })
})
