import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { oidc } from '../../src/auth/presets/oidc.ts'
import {
  AUDIENCE,
  createKeys,
  createWorld,
  defaultClaims,
  ISSUER,
  JWKS_URI,
  type Keys,
  type Members,
  type World,
} from '../attacks/world.ts'
import { createMemoryStore } from '../support/gateway.ts'
import { joinParts, signPartsWithSecret } from '../support/signing-keys.ts'
import { check } from './check.ts'
import { json, memberName, replaced } from './values.ts'

const ENDPOINT = `${ISSUER}/introspect`

let keys: Keys
let good: string
let forged: string
let unknownKid: string
beforeAll(async () => {
  keys = await createKeys()
  const { mint } = createWorld(keys)
  good = await mint({}, {}, keys.ec)
  forged = await mint({}, { kid: keys.ec.kid, alg: 'ES256' }, keys.attacker)
  unknownKid = await mint({}, { kid: 'unknown' }, keys.ec)
})

/** Sends a token; a fault of the gateway is what must never come of it. */
async function verdict(world: World, token: string): Promise<number> {
  world.received.length = 0
  const { status } = await world.sendToken(token)
  await world.settle()
  expect([200, 401, 503], world.lastEvent()?.reason).toContain(status)
  expect(world.received.length).toBe(status === 200 ? 1 : 0)
  expect(world.strayCalls).toEqual([])
  return status
}

const positions = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 4 })

describe('a key set document', () => {
  it('is never a fault, never lets a forged token in, and the next good one is used', async () => {
    const published = { keys: [keys.ec, keys.rsa, keys.ed, keys.ec384].map(({ jwk }) => jwk) }
    const spoiled = fc
      .array(fc.tuple(positions, json), { minLength: 1, maxLength: 4 })
      .map((changes) =>
        changes.reduce<unknown>((value, [at, by]) => replaced(value, at, by), published),
      )
    const strange = fc.record({ keys: fc.array(fc.dictionary(memberName, json, { maxKeys: 6 })) })
    const body = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.oneof(spoiled, strange, json).map((value) => JSON.stringify(value)),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    )
    await check(
      200,
      fc.asyncProperty(body, async (text) => {
        const world = createWorld(keys)
        world.jwks = text
        expect(await verdict(world, forged)).not.toBe(200)
        expect(await verdict(world, unknownKid)).not.toBe(200)
        const isThere = text.includes(JSON.stringify(keys.ec.jwk)) && text.startsWith('{"keys":[')
        if (isThere) expect(await verdict(world, good)).toBe(200)
        world.jwks = published
        world.clock.now += 31
        if (world.lastEvent()?.status !== 200) expect(await verdict(world, good)).toBe(200)
      }),
      { batch: 700 },
    )
  })
})

describe('an answer of the issuer', () => {
  const answer = fc.record({
    status: fc.constantFrom(200, 204, 302, 400, 401, 403, 404, 429, 500, 503),
    text: fc.oneof(
      json.map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
    ),
    location: fc.constantFrom('https://evil.test/', '/', 'x'),
  })

  it('to discovery is never a fault, and never sends the gateway elsewhere', async () => {
    const document = {
      issuer: ISSUER,
      jwks_uri: JWKS_URI,
      introspection_endpoint: ENDPOINT,
    }
    const url = fc.constantFrom(
      'file:///etc/passwd',
      'http://evil.test/jwks',
      '//evil.test',
      '',
      'data:,',
    )
    const spoiled = fc
      .tuple(positions, fc.oneof(json, url))
      .map(([at, by]) => JSON.stringify(replaced(document, at.slice(0, 1), by)))
    await check(
      250,
      fc.asyncProperty(fc.oneof(spoiled, answer), async (given) => {
        const world = createWorld(keys, {
          config: { schemes: { main: oidc({ issuer: ISSUER, audience: AUDIENCE }) } },
        })
        world.documents.set(`${ISSUER}/.well-known/openid-configuration`, () =>
          typeof given === 'string' ? new Response(given) : toResponse(given),
        )
        world.documents.set(`${ISSUER}/.well-known/oauth-authorization-server`, () =>
          typeof given === 'string' ? new Response(null, { status: 404 }) : toResponse(given),
        )
        expect(await verdict(world, forged)).not.toBe(200)
        await verdict(world, good)
      }),
      { batch: 700 },
    )
  })

  it('to introspection lets a token in only where it says so, for us, now', async () => {
    const introspect = {
      clientId: 'gw',
      clientSecret: 's',
      endpoint: ENDPOINT,
      opaque: true,
      sharedSecret: true,
    }
    const active = fc.record(
      {
        active: fc.oneof(fc.constant(true), json),
        iss: fc.oneof(fc.constant(ISSUER), json),
        aud: fc.oneof(fc.constantFrom(AUDIENCE, [AUDIENCE]), json),
        exp: fc.oneof(fc.constant(1_767_225_900), json),
        sub: fc.oneof(fc.constant('user-1'), json),
        token_type: fc.oneof(fc.constantFrom('Bearer', 'bearer', 'DPoP'), json),
        cnf: json,
      },
      { requiredKeys: ['active', 'iss', 'aud', 'exp', 'sub'] },
    )
    const shared = joinParts(
      await signPartsWithSecret({ alg: 'HS256' }, defaultClaims(), 'a secret of the issuer'),
    )
    await check(
      600,
      fc.asyncProperty(fc.oneof(active, answer), fc.boolean(), async (given, isOpaque) => {
        const issuer = oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI, introspect })
        const world = createWorld(keys, { config: { schemes: { main: issuer } } })
        const isAnswer = 'text' in given
        const text = isAnswer ? given.text : JSON.stringify(given)
        world.documents.set(ENDPOINT, () => (isAnswer ? toResponse(given) : new Response(text)))
        const status = await verdict(world, isOpaque ? 'opaque-token' : shared)
        expect(status === 200).toBe((!isAnswer || given.status === 200) && isActive(text))
      }),
      { batch: 700 },
    )
  })

  it('is asked for nothing by a token that can be judged here', async () => {
    const introspect = { clientId: 'gw', endpoint: ENDPOINT, opaque: true, sharedSecret: true }
    const issuer = oidc({ issuer: ISSUER, audience: AUDIENCE, jwksUri: JWKS_URI, introspect })
    const world = createWorld(keys, { config: { schemes: { main: issuer } } })
    world.documents.set(ENDPOINT, () => {
      throw new Error('introspection was asked')
    })
    for (const token of [forged, unknownKid]) expect(await verdict(world, token)).toBe(401)
    expect(await verdict(world, good)).toBe(200)
  })
})

/** What an answer must say for a bearer token to be good; written apart from the gateway's own. */
function isActive(text: string): boolean {
  let claims: Members | null
  try {
    claims = JSON.parse(text) as Members | null
  } catch {
    return false
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return false
  const { active, iss, aud, exp, sub, token_type: type, cnf } = claims
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    active === true &&
    iss === ISSUER &&
    audiences.every((name) => typeof name === 'string') &&
    audiences.includes(AUDIENCE) &&
    typeof exp === 'number' &&
    exp > 1_767_225_570 &&
    exp <= 2 ** 53 &&
    typeof sub === 'string' &&
    (type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer')) &&
    cnf === undefined
  )
}

function toResponse(given: { status: number; text: string; location: string }): Response {
  const { status, text, location } = given
  const body = status === 204 ? null : text
  return new Response(body, { status, headers: { location } })
}

describe('an entry of the store', () => {
  it('is never a fault, and never the only reason to let a token in that no key of the issuer signed', async () => {
    const entry = {
      issuer: ISSUER,
      jwksUri: JWKS_URI,
      discoveredAt: 0,
      fetchedAt: 1_767_225_500,
      scheduled: true,
      document: { keys: [keys.ec.jwk, keys.rsa.jwk] },
    }
    const text = fc.oneof(
      fc
        .array(fc.tuple(positions, json), { minLength: 1, maxLength: 3 })
        .map((changes) =>
          JSON.stringify(
            changes.reduce<unknown>((value, [at, by]) => replaced(value, at, by), entry),
          ),
        ),
      json.map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
    )
    await check(
      200,
      fc.asyncProperty(text, async (stored) => {
        const store = createMemoryStore()
        store.get = async () => stored
        const world = createWorld(keys, { store })
        expect(await verdict(world, forged)).not.toBe(200)
        world.clock.now += 31
        expect(await verdict(world, good)).toBe(200)
      }),
      { batch: 700 },
    )
  })
})
