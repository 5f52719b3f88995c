import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  AUDIENCE,
  createKeys,
  createWorld,
  defaultClaims,
  defaultHeader,
  ISSUER,
  type Keys,
  type Members,
  NOW,
  sign,
  type World,
} from '../attacks/world.ts'
import { encodePart } from '../support/signing-keys.ts'
import { check } from './check.ts'
import { edits, json, memberName } from './values.ts'

let keys: Keys
let world: World
beforeAll(async () => {
  keys = await createKeys()
  world = createWorld(keys)
})

/** Sends a token; answers the status, and sees to it that a refusal is one. */
async function verdict(token: string): Promise<number> {
  world.received.length = 0
  world.events.length = 0
  const response = await world.sendToken(token)
  const isRefusal = response.status === 400 || response.status === 401
  expect([response.status, world.lastEvent()?.reason]).toEqual([
    isRefusal ? response.status : 200,
    isRefusal ? expect.any(String) : undefined,
  ])
  expect(world.received.length).toBe(isRefusal ? 0 : 1)
  expect(world.strayCalls).toEqual([])
  return response.status
}

const TOKEN68 = [...'ABCabc019-._~+/']

describe('a token that nobody signed', () => {
  it('is refused, whatever it is', async () => {
    const part = fc.oneof(
      json.map(encodePart),
      fc.dictionary(memberName, json, { maxKeys: 5 }).map(encodePart),
      fc.string({ unit: fc.constantFrom(...TOKEN68), maxLength: 20 }),
      fc.constantFrom('', encodePart({ alg: 'RS256' }), encodePart(defaultClaims())),
    )
    const token = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.')),
      fc.string({ unit: fc.constantFrom(...TOKEN68), minLength: 1, maxLength: 200 }),
    )
    await check(
      2_000,
      fc.asyncProperty(token, async (text) => {
        expect(await verdict(text)).not.toBe(200)
      }),
    )
  })

  it('is refused when it was a good one before it was changed', async () => {
    const good = await world.mint({ exp: NOW + 300 })
    expect(await verdict(good)).toBe(200)
    await check(
      2_000,
      fc.asyncProperty(edits, async (changes) => {
        const changed = changes.reduce((token, change) => change(token), good)
        const bearer = changed.replace(/^ +/, '')
        const isSame = bearer === good
        expect((await verdict(changed)) === 200).toBe(isSame)
      }),
    )
  })
})

/** What must hold for claims to be those of an access token; written apart from the gateway's own. */
function isGood({ iss, aud, exp, nbf, iat, sub, cnf, events }: Members): boolean {
  const isTime = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 2 ** 53
  const isOptional = (value: unknown, test: (value: unknown) => boolean) =>
    value === undefined || test(value)
  const audiences = Array.isArray(aud) ? aud : [aud]
  return (
    iss === ISSUER &&
    audiences.every((name) => typeof name === 'string') &&
    audiences.includes(AUDIENCE) &&
    isTime(exp) &&
    (exp as number) > NOW - 30 &&
    isOptional(nbf, (value) => isTime(value) && (value as number) <= NOW + 30) &&
    isOptional(iat, (value) => isTime(value) && (value as number) <= NOW + 30) &&
    isOptional(sub, (value) => typeof value === 'string') &&
    cnf === undefined &&
    events === undefined
  )
}

const time = fc.integer({ min: NOW - 100, max: NOW + 100 })
const oddClaims = fc.record(
  {
    iss: fc.oneof(fc.constant(ISSUER), json),
    aud: fc.oneof(fc.constantFrom(AUDIENCE, [AUDIENCE], ['other', AUDIENCE], 'other'), json),
    exp: fc.oneof(time, json),
    nbf: fc.oneof(time, json),
    iat: fc.oneof(time, json),
    sub: fc.oneof(fc.string({ unit: 'binary' }), json),
    scope: json,
    roles: json,
    cnf: json,
    events: json,
  },
  { requiredKeys: [] },
)

describe('a token that the issuer signed', () => {
  it('passes exactly if its claims are those of an access token for us, now', async () => {
    await check(
      2_400,
      fc.asyncProperty(
        oddClaims,
        fc.dictionary(memberName, json, { maxKeys: 2 }),
        async (odd, more) => {
          const text = JSON.stringify({ ...more, ...defaultClaims(), ...odd })
          const claims = JSON.parse(text) as Members
          const status = await verdict(await sign(defaultHeader(keys.ec), text, keys.ec))
          expect(status).toBe(isGood(claims) ? 200 : 401)
        },
      ),
    )
  })

  it('tells the origin who is calling in visible ASCII, and exactly', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 })
    await check(
      2_000,
      fc.asyncProperty(text, fc.array(text), async (sub, roles) => {
        const token = await sign(
          defaultHeader(keys.ec),
          { ...defaultClaims(), sub, roles },
          keys.ec,
        )
        expect(await verdict(token)).toBe(200)
        const { headers } = world.received[0] as Request
        for (const [, value] of headers) expect(value).toMatch(/^[ -~]*$/)
        expect(decodeURIComponent(headers.get('x-auth-subject') ?? '')).toBe(sub.toWellFormed())
        const listed = headers.get('x-auth-roles')?.split(',').map(decodeURIComponent)
        const expected = roles.map((role) => role.toWellFormed())
        expect(listed).toEqual(expected.length === 0 ? undefined : expected)
      }),
    )
  })

  it('passes exactly if its header asks for nothing unusual', async () => {
    const { ec } = keys
    const header = fc.record(
      {
        alg: fc.oneof(fc.constantFrom('ES256', 'ES384', 'RS256', 'HS256', 'none', 'es256'), json),
        kid: fc.oneof(fc.constantFrom(ec.kid, keys.rsa.kid, 'x'.repeat(257)), json),
        typ: fc.oneof(
          fc.constantFrom('JWT', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'dpop+jwt'),
          json,
        ),
        crit: json,
        b64: json,
        jwk: fc.constant(keys.attacker.jwk),
        jku: fc.constant('https://evil.test/jwks'),
      },
      { requiredKeys: [] },
    )
    const types = ['jwt', 'at+jwt', 'application/at+jwt']
    await check(
      1_600,
      fc.asyncProperty(header, async (odd) => {
        const text = JSON.stringify({ alg: 'ES256', ...odd })
        const { alg, kid, typ, crit, b64 } = JSON.parse(text) as Members
        const isUsual =
          alg === 'ES256' &&
          (kid === undefined || kid === ec.kid) &&
          (typ === undefined || (typeof typ === 'string' && types.includes(typ.toLowerCase()))) &&
          crit === undefined &&
          b64 === undefined
        const status = await verdict(await sign(text, defaultClaims(), ec))
        expect(status).toBe(isUsual ? 200 : 401)
      }),
    )
  })

  it('never passes with a member twice, at any depth and in any spelling', async () => {
    const name = fc.string({ unit: 'binary', maxLength: 4 })
    const spelled = fc
      .tuple(name, fc.boolean())
      .map(([text, isEscaped]) =>
        isEscaped
          ? `"${[...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
          : JSON.stringify(text),
      )
    await check(
      2_000,
      fc.asyncProperty(
        fc.array(spelled, { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 4 }),
        async (names, depth) => {
          const members = names.map((member) => `${member}:[{}]`).join(',')
          const nested = `${'{"a":['.repeat(depth)}{${members}}${']}'.repeat(depth)}`
          const text = JSON.stringify(defaultClaims()).replace('{', `{"nested":${nested},`)
          const distinct = new Set(names.map((member) => JSON.parse(member) as string))
          const status = await verdict(await sign(defaultHeader(keys.ec), text, keys.ec))
          expect(status).toBe(distinct.size === names.length ? 200 : 401)
        },
      ),
    )
  })
})
