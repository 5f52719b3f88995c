import { describe, expect, it } from 'vitest'
import { readCredential } from '../../../src/auth/bearer/credential.ts'
import { readToken } from '../../../src/auth/bearer/token.ts'
import { GatewayError } from '../../../src/errors.ts'
import { encodePart } from '../../support/signing-keys.ts'

function outcomeOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error instanceof GatewayError ? error.code : error
  }
}

describe('the credential of a request', () => {
  const TABLE: [value: string, outcome: string | { value: string } | undefined][] = [
    ['Bearer abc', { value: 'abc' }],
    ['bearer abc', { value: 'abc' }],
    ['BEARER   abc', { value: 'abc' }],
    ['  Bearer abc  ', { value: 'abc' }],
    ['Bearer aZ09-._~+/==', { value: 'aZ09-._~+/==' }],
    // No credential that we know.
    ['', undefined],
    ['Basic dXNlcjpwYXNz', undefined],
    ['abc', undefined],
    ['Bearerabc', undefined],
    ['DPoP abc', undefined],
    ['Digest username="a", realm="b"', undefined],
    // A bearer token, but not one.
    ['Bearer', 'invalid_token'],
    ['Bearer ', 'invalid_token'],
    ['Bearer\tabc', 'invalid_token'],
    ['Bearer \tabc', 'invalid_token'],
    ['Bearer a b', 'invalid_token'],
    ['Bearer abc;', 'invalid_token'],
    ['Bearer "abc"', 'invalid_token'],
    ['Bearer =abc', 'invalid_token'],
    ['Bearer a=b', 'invalid_token'],
    ['Bearer Bearer abc', 'invalid_token'],
    ['Bearer token=abc', 'invalid_token'],
    // Several header lines arrive joined with commas.
    ['Bearer {"a":"b","c":"d"}', 'invalid_token'],
    ['Bearer {"a": "Bearer x", "c": "d"}', 'invalid_token'],
    ['Bearer ["a",1]', 'invalid_token'],
    ['Bearer abc, Bearer abc', 'multiple_credentials'],
    ['Bearer abc,bearer  abc', 'multiple_credentials'],
    ['Bearer abc, Bearer abc, Bearer abc', 'multiple_credentials'],
    ['Bearer abc, Bearer abd', 'multiple_credentials'],
    ['Bearer abc, Bearer abc, Bearer abd', 'multiple_credentials'],
    ['Bearer abc, Basic dXNlcjpwYXNz', 'multiple_credentials'],
    ['Basic dXNlcjpwYXNz, Bearer abc', 'multiple_credentials'],
    ['Bearer abc,', 'multiple_credentials'],
    ['Bearer abc, abc', 'multiple_credentials'],
    [',Bearer abc', 'multiple_credentials'],
    ['Bearer abc,  ,  abc  ', 'multiple_credentials'],
  ]
  for (const [value, outcome] of TABLE) {
    const title = outcome === undefined ? 'none' : JSON.stringify(outcome)
    it(`in ${JSON.stringify(value)} is ${title}`, () => {
      const headers = new Headers({ authorization: value })
      const place = { header: 'authorization' }
      expect(outcomeOf(() => readCredential(headers))).toEqual(
        typeof outcome === 'object' ? { ...outcome, place, ambient: false } : outcome,
      )
    })
  }

  it('is none where there is no header', () => {
    expect(readCredential(new Headers({ cookie: 'token=abc' }))).toBeUndefined()
  })

  it('is looked for in time that grows with the header, whatever is in it', () => {
    // By the square of its length this would be tens of seconds.
    const headers = new Headers({ authorization: `x,${' '.repeat(120_000)}!` })
    expect(readCredential(headers)).toBeUndefined()
  }, 5_000)

  it('is joined from several header lines', () => {
    const twice = new Headers([
      ['authorization', 'Bearer abc'],
      ['Authorization', 'Bearer abd'],
    ])
    expect(outcomeOf(() => readCredential(twice))).toBe('multiple_credentials')
  })
})

describe('the form of a token', () => {
  const HEADER = { alg: 'RS256', kid: 'k', typ: 'at+jwt' }
  const CLAIMS = { sub: 'user-1' }
  const SIGNATURE = encodePart(new Uint8Array([1, 2, 3]))

  function token(header: unknown = HEADER, claims: unknown = CLAIMS, signature = SIGNATURE) {
    return `${encodePart(header)}.${encodePart(claims)}.${signature}`
  }

  it('is read', () => {
    const text = token()
    const { signature, signedBytes, ...read } = readToken(text)
    expect(read).toEqual({
      algorithm: 'RS256',
      keyId: 'k',
      claims: CLAIMS,
      encodedClaims: encodePart(CLAIMS),
    })
    expect([...signature]).toEqual([1, 2, 3])
    expect(new TextDecoder().decode(signedBytes)).toBe(text.slice(0, text.lastIndexOf('.')))
  })

  it('may name its type as access tokens do, or not at all', () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', undefined]) {
      expect(readToken(token({ ...HEADER, typ })).claims).toEqual(CLAIMS)
    }
  })

  const others: Record<string, unknown> = {
    'an id token': 'id+jwt',
    'a logout token': 'logout+jwt',
    'a DPoP proof': 'dpop+jwt',
    'a security event': 'secevent+jwt',
    'a media type that is no token': 'application/jwt+x',
    empty: '',
    null: null,
    'a number': 1,
    'a list': ['at+jwt'],
  }
  for (const [what, typ] of Object.entries(others)) {
    it(`is refused where its type is ${what}`, () => {
      expect(outcomeOf(() => readToken(token({ ...HEADER, typ })))).toBe('invalid_token')
    })
  }

  const [header, claims, signature] = token().split('.') as [string, string, string]
  const bad: Record<string, string> = {
    'it is empty': '',
    'it has one part': header,
    'it has two parts': `${header}.${claims}`,
    'its signature is empty': `${header}.${claims}.`,
    'its payload is empty': `${header}..${signature}`,
    'its header is empty': `.${claims}.${signature}`,
    'it has four parts': `${token()}.${signature}`,
    'it is encrypted': `${header}.${claims}.${signature}.${signature}.${signature}`,
    'a part is padded': `${encodePart('{"alg":"RS256"}')}=.${claims}.${signature}`,
    'a part is plain base64': `${header}.${claims}.a+/b`,
    'a part has bits that mean nothing': `${header}.${claims}.AR`,
    'a part has a length that no bytes have': `${header}.${claims}.AAAAA`,
    'a line break is in it': `${header}.${claims}.\n${signature}`,
    'its header is no JSON': token('{alg:RS256}'),
    'its header is no object': token(['RS256']),
    'its header repeats a member': token('{"alg":"none","alg":"RS256"}'),
    'its payload repeats a member': token(HEADER, '{"sub":"a","s\\u0075b":"b"}'),
    'its payload is no object': token(HEADER, 'null'),
    'its payload is no UTF-8': token(HEADER, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])),
    'its payload begins with a byte order mark': token(HEADER, '\ufeff{}'),
    'its payload is nested too deep': token(HEADER, `{"a":${'['.repeat(32)}${']'.repeat(32)}}`),
    'it names no algorithm': token({ kid: 'k' }),
    'its algorithm is a list': token({ ...HEADER, alg: ['RS256'] }),
    'its algorithm is null': token({ ...HEADER, alg: null }),
    'its kid is a number': token({ ...HEADER, kid: 1 }),
    'its kid is null': token({ ...HEADER, kid: null }),
    'its kid is longer than 256': token({ ...HEADER, kid: 'k'.repeat(257) }),
    'it asks for an extension': token({ ...HEADER, crit: ['exp'] }),
    'it asks for no extension, at length': token({ ...HEADER, crit: [] }),
    'it says that it is not encoded': token({ ...HEADER, b64: true }),
  }
  for (const [what, text] of Object.entries(bad)) {
    it(`is refused where ${what}`, () => {
      expect(outcomeOf(() => readToken(text))).toBe('invalid_token')
    })
  }

  it('may have a kid of 256 characters, or none', () => {
    expect(readToken(token({ ...HEADER, kid: 'k'.repeat(256) })).keyId).toHaveLength(256)
    expect(readToken(token({ alg: 'RS256' })).keyId).toBeUndefined()
  })
})
