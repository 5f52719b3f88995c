import { describe, expect, it } from 'vitest'
import { identify, type Requirement } from '../../src/auth/identify.ts'
import type { Principal } from '../../src/auth/principal.ts'
import type { Evidence, Inbound, Scheme, Verified } from '../../src/auth/scheme.ts'
import { GatewayError } from '../../src/errors.ts'
import { readLocation } from '../../src/router.ts'

const scope = { deadline: () => AbortSignal.abort(), waitUntil: () => {} }

/** A scheme that reads one header, takes values that begin with its name, and leaves "other…" to others. */
function scheme(
  name: string,
  { header = name, ambient = false, kind = 'person' as Principal['kind'] } = {},
): Scheme {
  return {
    name,
    withholds: [{ header }],
    find({ request }): Evidence | undefined {
      const value = request.headers.get(header)
      if (value === 'broken') throw new GatewayError('invalid_token', { reason: `broken ${name}` })
      return value === null ? undefined : { value, place: { header }, ambient }
    },
    async verify({ value }) {
      if (value.startsWith('other')) return { notMine: `not of ${name}` }
      if (!value.startsWith(name))
        throw new GatewayError('invalid_token', { reason: `bad ${name}` })
      return verified(name, kind)
    },
    challenge: () => name,
  }
}

function verified(name: string, kind: Principal['kind']): Verified {
  const claims = {}
  return {
    principal: {
      kind,
      subject: name,
      issuer: name,
      scheme: name,
      scopes: new Set(),
      roles: [],
      claims,
      expiresAt: 1,
    },
  }
}

function inbound(headers: Record<string, string>, method = 'GET'): Inbound {
  const request = new Request('https://api.test/a', { method, headers })
  return { request, location: readLocation(request.url), path: '/a' }
}

interface Outcome {
  /** Subjects, or the code of the refusal. */
  is: string[] | string
  reason?: string
  judges: string[]
}

async function outcome(
  requirement: Partial<Requirement> & Pick<Requirement, 'schemes'>,
  headers: Record<string, string>,
  method?: string,
): Promise<Outcome> {
  const judges: Scheme[] = []
  const whole = { all: false, optional: false, scopes: [], ...requirement }
  const names = () => judges.map(({ name }) => name)
  try {
    const callers = await identify(inbound(headers, method), whole, scope, judges)
    return { is: callers.map(({ principal }) => principal.subject ?? ''), judges: names() }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return { is: error.code, reason: error.message, judges: names() }
  }
}

const a = scheme('a')
const b = scheme('b')
const cookie = scheme('c', { ambient: true })
const proxy = scheme('d', { ambient: true })

describe('any of several schemes', () => {
  it('is satisfied by the one that finds its own evidence', async () => {
    expect(await outcome({ schemes: [a, b] }, { b: 'b1' })).toEqual({ is: ['b'], judges: ['b'] })
  })

  it('passes evidence on that a scheme says is not its own', async () => {
    const shared = [scheme('a', { header: 'x' }), scheme('b', { header: 'x' })]
    expect(await outcome({ schemes: shared }, { x: 'a1' })).toEqual({ is: ['a'], judges: ['a'] })
    expect(await outcome({ schemes: shared }, { x: 'other' })).toEqual({
      is: 'invalid_token',
      reason: 'not of a; not of b',
      judges: ['a', 'b'],
    })
  })

  it('ends with the scheme that refuses its own evidence: no other one is asked', async () => {
    const shared = [scheme('a', { header: 'x' }), scheme('b', { header: 'x' })]
    expect(await outcome({ schemes: shared }, { x: 'b1' })).toEqual({
      is: 'invalid_token',
      reason: 'bad a',
      judges: ['a'],
    })
  })

  it('takes what somebody chose to send before what a browser adds', async () => {
    const both = { c: 'c1', b: 'b1' }
    expect(await outcome({ schemes: [cookie, b] }, both)).toEqual({ is: ['b'], judges: ['b'] })
    expect(await outcome({ schemes: [cookie, b] }, { c: 'c1', b: 'x1' })).toEqual({
      is: 'invalid_token',
      reason: 'bad b',
      judges: ['b'],
    })
  })

  it('takes the first named where a browser adds two', async () => {
    const both = { c: 'c1', d: 'd1' }
    expect(await outcome({ schemes: [proxy, cookie] }, both)).toEqual({ is: ['d'], judges: ['d'] })
  })

  it('is 400 where two were chosen that differ, and one where they are the same', async () => {
    expect(await outcome({ schemes: [a, b] }, { a: 'a1', b: 'b1' })).toEqual({
      is: 'multiple_credentials',
      reason: 'two credentials were sent, in the header a and in the header b',
      judges: ['a', 'b'],
    })
    expect(await outcome({ schemes: [a, b] }, { a: 'a1', b: 'a1' })).toEqual({
      is: ['a'],
      judges: ['a'],
    })
  })

  it('needs one of them, unless it is optional, and then too a bad one is refused', async () => {
    expect(await outcome({ schemes: [a, b] }, {})).toMatchObject({ is: 'credential_missing' })
    expect(await outcome({ schemes: [a, b], optional: true }, {})).toEqual({ is: [], judges: [] })
    expect(await outcome({ schemes: [a, b], optional: true }, { a: 'x' })).toMatchObject({
      is: 'invalid_token',
      judges: ['a'],
    })
  })

  it('says which of them could not read its evidence', async () => {
    expect(await outcome({ schemes: [a, b] }, { b: 'broken' })).toEqual({
      is: 'invalid_token',
      reason: 'broken b',
      judges: ['b'],
    })
  })
})

describe('all of several schemes', () => {
  it('need their evidence each; the first speaks for all', async () => {
    const all = { schemes: [a, b], all: true }
    expect(await outcome(all, { a: 'a1', b: 'b1' })).toEqual({ is: ['a', 'b'], judges: ['a'] })
    expect(await outcome(all, { a: 'a1' })).toMatchObject({ is: 'credential_missing' })
    expect(await outcome(all, { b: 'b1' })).toMatchObject({ is: 'credential_missing' })
    expect(await outcome(all, { a: 'a1', b: 'x' })).toMatchObject({
      is: 'invalid_token',
      judges: ['b'],
    })
    expect(await outcome(all, { a: 'other', b: 'b1' })).toEqual({
      is: 'invalid_token',
      reason: 'not of a',
      judges: ['a'],
    })
  })

  it('may all be missing where they are optional, but not some', async () => {
    const all = { schemes: [a, b], all: true, optional: true }
    expect(await outcome(all, {})).toEqual({ is: [], judges: [] })
    expect(await outcome(all, { a: 'a1' })).toMatchObject({ is: 'credential_missing' })
  })
})

describe('what a browser adds by itself', () => {
  const elsewhere = { origin: 'https://evil.test' }

  it('changes nothing for a page elsewhere, also where it is one of several', async () => {
    for (const requirement of [{ schemes: [cookie] }, { schemes: [a, cookie], all: true }]) {
      const headers = { ...elsewhere, a: 'a1', c: 'c1' }
      expect(await outcome(requirement, headers, 'POST')).toMatchObject({ is: 'csrf' })
    }
  })

  it('is about persons and browsers: two of each, and one of four is refused', async () => {
    const client = scheme('e', { ambient: true, kind: 'client' })
    for (const [who, from, is] of [
      [cookie, elsewhere, 'csrf'],
      [cookie, {}, ['c']],
      [client, elsewhere, ['e']],
      [client, {}, ['e']],
    ] as const) {
      const headers = { ...from, [who.name]: `${who.name}1` }
      expect(await outcome({ schemes: [who] }, headers, 'POST')).toMatchObject({ is })
      expect(await outcome({ schemes: [who] }, { ...headers, upgrade: 'websocket' })).toMatchObject(
        {
          is,
        },
      )
    }
  })

  it('is of a browser where it says where it comes from, or has a cookie', async () => {
    for (const [name, value] of [
      ['origin', 'null'],
      ['sec-fetch-site', 'same-site'],
      ['sec-fetch-site', 'cross-site'],
      ['sec-fetch-site', 'none'],
      ['sec-fetch-mode', 'no-cors'],
      ['sec-fetch-dest', 'empty'],
      ['cookie', 'a=1'],
    ] as const) {
      const headers = { c: 'c1', [name]: value }
      expect(await outcome({ schemes: [cookie] }, headers, 'POST')).toMatchObject({ is: 'csrf' })
    }
  })

  it('is judged before it is asked where it comes from: a bad one is a bad one', async () => {
    const headers = { ...elsewhere, c: 'x' }
    expect(await outcome({ schemes: [cookie] }, headers, 'POST')).toMatchObject({
      is: 'invalid_token',
    })
  })

  it('is no matter where something else decides', async () => {
    const headers = { ...elsewhere, a: 'a1', c: 'c1' }
    expect(await outcome({ schemes: [a, cookie] }, headers, 'POST')).toMatchObject({ is: ['a'] })
  })
})
