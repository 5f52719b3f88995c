import { describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { askIssuers } from '../../src/cli/check/issuers.ts'
import { AUDIENCE } from '../support/gateway.ts'
import { createTestIssuer, type TestIssuer } from '../support/mint.ts'

const ISSUER = 'https://idp.test'
const NOW = 1_767_225_600
const now = () => NOW

function createIssuer(): TestIssuer {
  return createTestIssuer({ issuer: ISSUER, audience: AUDIENCE, now, algs: ['ES256'] })
}

/** What a live check says of an entry for the issuer, as lines. */
async function ask(issuer: TestIssuer, token?: string, options: object = {}): Promise<string[]> {
  const main = oidc({ issuer: ISSUER, audience: AUDIENCE, ...options })
  const config = { schemes: { main }, routes: [] }
  const findings = await askIssuers(config, {
    token,
    now,
    fetch: (request) => issuer.fetch(request),
  })
  return findings.map(({ verdict, text }) => `${verdict}: ${text}`)
}

describe('npm run check -- --live', () => {
  it('finds discovery, the issuer equal to the letter, and keys', async () => {
    expect(await ask(createIssuer())).toEqual([
      'ok: schemes.main: discovery found, its issuer is equal to the letter, 1 key to verify with',
    ])
  })

  it('finds the keys where the owner has written their address', async () => {
    const issuer = createIssuer()
    expect(await ask(issuer, undefined, { jwksUri: issuer.jwksUri })).toEqual([
      'ok: schemes.main: 1 key to verify with',
    ])
  })

  it('tells the issuer that the discovery document names', async () => {
    const issuer = createIssuer()
    issuer.metadata = { issuer: `${ISSUER}/` }
    expect(await ask(issuer)).toEqual([
      `problem: schemes.main.issuer: is not to the letter what its discovery document says. Write '${ISSUER}/'`,
    ])
  })

  it('tells why there are no keys', async () => {
    const issuer = createIssuer()
    issuer.mode = 'unreachable'
    const [line = ''] = await ask(issuer)
    expect(line).toMatch(/^problem: schemes\.main: the key set of https:\/\/idp\.test could not be/)
  })

  it('does not ask over a binding, which leads nowhere from here', async () => {
    const via = {
      fetch: async () => {
        throw new Error('no such binding')
      },
    }
    expect(await ask(createIssuer(), undefined, { via })).toEqual([
      'skipped: schemes.main: is reached over a binding (via), which leads nowhere from here',
    ])
  })

  it('takes a good token, and says what it may', async () => {
    const issuer = createIssuer()
    const [, line] = await ask(issuer, await issuer.mint({ roles: ['admin'] }))
    expect(line).toBe(
      'ok: the token is good for schemes.main: its scopes are orders:read, its roles admin',
    )
  })

  it('says what a token has in aud and iss where they do not fit', async () => {
    const issuer = createIssuer()
    const [, audience] = await ask(issuer, await issuer.mint({ aud: ['a', 'b'] }))
    expect(audience).toBe(
      `problem: the token is refused by schemes.main: aud does not name this API. It has iss "${ISSUER}" and aud ["a","b"]`,
    )
    const [, foreign] = await ask(issuer, await issuer.mint({ iss: 'https://other.test' }))
    expect(foreign).toBe(
      'problem: the token is refused: the iss of the token is the issuer of no entry in schemes. It has iss "https://other.test" and aud "gatehouse"',
    )
    const [, opaque] = await ask(issuer, 'opaque')
    expect(opaque).toContain('It is no JWT that can be read')
  })
})
