// Forged and misused tokens. Each has got past a verifier once; each must be 401 here, must not reach
// the origin, and must not make the gateway call anyone but its issuer.

import {
  encodePart,
  joinParts,
  signParts,
  signPartsWithSecret,
  type TestKey,
} from '../support/signing-keys.ts'
import { type Spellings, spellingsOf } from './secrets.ts'
import {
  defaultClaims,
  defaultHeader,
  ISSUER,
  type Members,
  NOW,
  sign,
  signSpelled,
  type World,
} from './world.ts'

export interface TokenAttack {
  /** Advisories of the verifiers that fell for it. */
  ids: string
  attack: string
  token: (world: World) => Promise<string>
}

/** A token that says HS256 and is signed with something that is no secret. */
function hmac(
  secret: (spellings: Spellings) => string | Uint8Array,
  header: Members = {},
): TokenAttack['token'] {
  return async ({ keys: { rsa } }) => {
    const shown = { ...defaultHeader(rsa), alg: 'HS256', ...header }
    return joinParts(
      await signPartsWithSecret(shown, defaultClaims(), secret(await spellingsOf(rsa))),
    )
  }
}

/** A token without a signature worth the name. */
function unsigned(alg: string, signature = ''): TokenAttack['token'] {
  return async ({ keys: { rsa } }) =>
    joinParts({
      header: encodePart({ ...defaultHeader(rsa), alg }),
      payload: encodePart(defaultClaims()),
      signature,
    })
}

/** A properly signed token with another header. */
const headed =
  (header: Members): TokenAttack['token'] =>
  (world) =>
    world.mint({}, header)

/** A properly signed token with other claims. */
const claiming =
  (claims: Members): TokenAttack['token'] =>
  (world) =>
    world.mint(claims)

/** A properly signed token with this payload text. */
const saying =
  (change: (payload: string) => string): TokenAttack['token'] =>
  ({ keys: { rsa } }) =>
    sign(defaultHeader(rsa), change(JSON.stringify(defaultClaims())), rsa)

/** The attacker's own signature, under a header that vouches for it. */
const vouched =
  (header: (attacker: TestKey, trusted: TestKey) => Members): TokenAttack['token'] =>
  ({ mint, keys: { attacker, rsa } }) =>
    mint({ sub: 'admin' }, header(attacker, rsa), attacker)

/** A good token, spelled differently. */
const respelled =
  (change: (token: string) => string): TokenAttack['token'] =>
  async (world) =>
    change(await world.mint())

/** ES256 with r and s of our choice. */
const ecSignature =
  (bytes: Uint8Array): TokenAttack['token'] =>
  async ({ keys: { ec } }) => {
    const { header, payload } = await signParts(defaultHeader(ec), defaultClaims(), ec)
    return joinParts({ header, payload, signature: encodePart(bytes) })
  }

const P256_ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'

export const SIGNATURE_ATTACKS: TokenAttack[] = [
  {
    ids: 'CVE-2015-9235, CVE-2022-23541, CVE-2024-37568, CVE-2023-48238, CVE-2024-54150, CVE-2026-39999',
    attack: 'HS256 over the public key as PEM',
    token: hmac(({ spkiPem }) => spkiPem),
  },
  {
    ids: 'CVE-2015-9235',
    attack: 'HS256 over the public key as DER',
    token: hmac(({ spkiDer }) => spkiDer),
  },
  {
    ids: 'CVE-2022-29217, CVE-2024-33663',
    attack: 'HS256 over the public key as an OpenSSH line',
    token: hmac(({ openSsh }) => openSsh),
  },
  {
    ids: 'CVE-2017-11424, CVE-2023-48223',
    attack: 'HS256 over the public key as PKCS#1 PEM',
    token: hmac(({ pkcs1Pem }) => pkcs1Pem),
  },
  {
    ids: 'CVE-2026-34950',
    attack: 'HS256 over the PEM after an empty line',
    token: hmac(({ spkiPem }) => `\n${spkiPem}`),
  },
  {
    ids: 'CVE-2026-102268',
    attack: 'HS256 over the PEM with other line ends',
    token: hmac(({ spkiPem }) => spkiPem.replaceAll('\n', '\r\n')),
  },
  {
    ids: 'CVE-2026-48526',
    attack: 'HS256 over the text of the JWK',
    token: hmac(({ jwkText }) => jwkText),
  },
  {
    // A MAC pads its key with zeros, so one zero byte is the empty key.
    ids: 'CVE-2026-44699, CVE-2026-45363, CVE-2026-44351',
    attack: 'HS256 over the empty key',
    token: hmac(() => new Uint8Array(1)),
  },
  {
    ids: 'CVE-2025-65945',
    attack: 'HS256 with an unknown kid over the empty key',
    token: hmac(() => new Uint8Array(1), { kid: 'unknown' }),
  },
  {
    ids: 'CVE-2021-46743',
    attack: 'HS256 with the kid of an RSA key over its modulus',
    token: hmac(({ jwkText }) => (JSON.parse(jwkText) as { n: string }).n),
  },
  {
    ids: 'CVE-2022-23540, CVE-2021-44878, CVE-2021-22160, CVE-2024-48916',
    attack: 'alg none, no signature',
    token: unsigned('none'),
  },
  { ids: 'CVE-2022-23540', attack: 'alg None', token: unsigned('None') },
  { ids: 'CVE-2022-23540', attack: 'alg NONE', token: unsigned('NONE') },
  { ids: 'CVE-2022-23540', attack: 'alg nOnE', token: unsigned('nOnE') },
  {
    ids: 'CVE-2022-23540',
    attack: 'alg none with a signature',
    token: unsigned('none', 'AAAA'),
  },
  { ids: 'CVE-2022-23540', attack: 'an empty alg', token: unsigned('', 'AAAA') },
  { ids: 'RFC 7518 section 3.1', attack: 'alg in lower case', token: headed({ alg: 'rs256' }) },
  {
    ids: 'CVE-2026-107720',
    attack: 'RS256 with an empty signature',
    token: unsigned('RS256'),
  },
  {
    ids: 'CVE-2022-23539',
    attack: 'RS256 with the kid of an EC key',
    token: ({ mint, keys: { rsa, ec } }) => mint({}, { kid: ec.kid }, rsa),
  },
  {
    ids: 'GHSA-jq35-7prp-9v3f',
    attack: 'ES256 in the header, RSA signature of the key with that kid',
    token: headed({ alg: 'ES256' }),
  },
  {
    ids: 'PyJWT 2.11',
    attack: 'ES256 with a P-384 key',
    token: ({ mint, keys: { ec384 } }) => mint({}, { alg: 'ES256' }, ec384),
  },
  {
    ids: 'CVE-2022-21449',
    attack: 'ES256 with r and s zero',
    token: ecSignature(new Uint8Array(64)),
  },
  {
    ids: 'CVE-2022-21449',
    attack: 'ES256 with r and s the order of the curve',
    token: ecSignature(Buffer.from(P256_ORDER.repeat(2), 'hex')),
  },
  {
    ids: 'GHSA-5739-39v2-5754',
    attack: 'JSON serialisation with alg in the unprotected header',
    token: async ({ keys: { attacker } }) => {
      const { payload, signature } = await signParts({ alg: 'RS256' }, defaultClaims(), attacker)
      return encodePart({ payload, signature, header: { alg: 'none' } })
    },
  },
  {
    ids: 'CVE-2016-9122, CVE-2026-102946',
    attack: 'JSON serialisation with an empty list of signatures',
    token: async () => encodePart({ payload: encodePart(defaultClaims()), signatures: [] }),
  },
  {
    ids: 'CVE-2022-39227',
    attack: 'a token that is JSON to one parser and compact to another',
    token: async (world) => {
      const [header, , signature] = (await world.mint()).split('.')
      const inner = encodePart({ ...defaultClaims(), sub: 'admin' })
      return `${encodePart(`{"protected":"${header}","payload":"`)}.${inner}.${signature}`
    },
  },
  {
    ids: 'CVE-2024-51744',
    attack: 'expired and signed by nobody',
    token: async ({ mint, keys: { attacker, rsa } }) =>
      mint({ exp: NOW - 3_600 }, { kid: rsa.kid }, attacker),
  },
  {
    ids: 'CVE-2015-10004',
    attack: 'a signature whose last byte is wrong',
    token: async (world) => {
      const [header, payload, signature = ''] = (await world.mint()).split('.')
      const bytes = Buffer.from(signature, 'base64url')
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
      return `${header}.${payload}.${encodePart(new Uint8Array(bytes))}`
    },
  },
]

export const HEADER_ATTACKS: TokenAttack[] = [
  {
    ids: 'CVE-2018-0114',
    attack: "the attacker's key in jwk",
    token: vouched(({ jwk }) => ({ jwk, kid: undefined })),
  },
  {
    ids: 'CVE-2025-24976',
    attack: "the attacker's key in jwk, under a trusted kid",
    token: vouched(({ jwk }, { kid }) => ({ jwk: { ...jwk, kid }, kid })),
  },
  {
    ids: 'CVE-2024-21643',
    attack: 'jku that points into the network',
    token: vouched(({ kid }) => ({ jku: 'http://169.254.169.254/keys', kid })),
  },
  {
    ids: 'CVE-2026-48522',
    attack: 'jku that points to a file',
    token: vouched(({ kid }) => ({ jku: 'file:///etc/passwd', kid })),
  },
  {
    ids: 'CVE-2024-21643',
    attack: 'x5u under a trusted kid',
    token: vouched((_, { kid }) => ({ x5u: 'https://evil.test/cert.pem', kid })),
  },
  {
    ids: 'CVE-2018-0114',
    attack: "the attacker's certificate in x5c",
    token: vouched((_, { kid }) => ({ x5c: ['MIIB'], kid })),
  },
  {
    ids: 'CVE-2025-59420, CVE-2026-32597, CVE-2026-35042',
    attack: 'an extension in crit that nobody knows',
    token: headed({ crit: ['x-custom-policy'], 'x-custom-policy': 'deny' }),
  },
  { ids: 'RFC 7515 section 4.1.11', attack: 'an empty crit', token: headed({ crit: [] }) },
  {
    ids: 'RFC 7515 section 4.1.11',
    attack: 'crit that is no list',
    token: headed({ crit: 'exp' }),
  },
  {
    ids: 'RFC 7797, openEuler python-jwt 49',
    attack: 'b64 false and critical',
    token: headed({ b64: false, crit: ['b64'] }),
  },
  { ids: 'GHSA-w7vc-732c-9m39', attack: 'b64 false', token: headed({ b64: false }) },
  {
    ids: 'GHSA-w7vc-732c-9m39',
    attack: 'a detached payload',
    token: async (world) => (await world.mint()).replace(/\.[^.]*\./, '..'),
  },
  { ids: 'kid injection', attack: 'kid as a path', token: headed({ kid: '../../dev/null' }) },
  {
    ids: 'kid injection',
    attack: 'kid as a query',
    token: headed({ kid: "x' UNION SELECT 'secret" }),
  },
  { ids: 'kid injection', attack: 'kid as __proto__', token: headed({ kid: '__proto__' }) },
  { ids: 'kid injection', attack: 'kid that is no string', token: headed({ kid: { a: 1 } }) },
  {
    ids: 'kid injection',
    attack: 'kid of 257 characters',
    token: headed({ kid: 'k'.repeat(257) }),
  },
  {
    ids: 'CVE-2025-59936',
    attack: 'kid with the separators of a cache key',
    token: headed({ kid: `RS256:${ISSUER}:key` }),
  },
  {
    ids: 'CVE-2026-89313',
    attack: 'a random kid and the signature of the last key',
    token: ({ mint, keys: { ed } }) => mint({}, { kid: 'random' }, ed),
  },
  {
    ids: 'CVE-2022-25757',
    attack: 'alg twice in the header',
    token: ({ keys: { rsa } }) =>
      sign(`{"alg":"none","alg":"RS256","kid":"${rsa.kid}"}`, defaultClaims(), rsa),
  },
  {
    ids: 'CVE-2022-25757',
    attack: 'sub twice in the payload',
    token: saying((payload) => payload.replace('{', '{"sub":"admin",')),
  },
  {
    ids: 'CVE-2022-25757',
    attack: 'sub twice, once spelled with an escape',
    token: saying((payload) => payload.replace('{', '{"\\u0073ub":"admin",')),
  },
  {
    ids: 'CVE-2022-25757',
    attack: 'a name twice in an object within the payload',
    token: saying((payload) => payload.replace('{', '{"a":[{"b":1,"b":2}],')),
  },
  {
    ids: 'RFC 7519 section 7.2',
    attack: 'a payload that is a list',
    token: saying((p) => `[${p}]`),
  },
  { ids: 'RFC 7519 section 7.2', attack: 'a payload that is text', token: saying(() => 'hello') },
  {
    ids: 'RFC 7519 section 7.2',
    attack: 'a byte order mark before the payload',
    token: saying((payload) => `\uFEFF${payload}`),
  },
  {
    ids: 'CVE-2026-29000, CVE-2023-51774',
    attack: 'five parts, as an encrypted token has',
    token: async ({ keys: { rsa } }) => {
      const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: rsa.kid, cty: 'JWT' }
      return [
        encodePart(header),
        'AAAA',
        'AAAAAAAAAAAAAAAA',
        'AAAA',
        'AAAAAAAAAAAAAAAAAAAAAA',
      ].join('.')
    },
  },
  {
    ids: 'CVE-2024-28180, CVE-2024-28122, CVE-2024-28176, CVE-2025-63811',
    attack: 'an encrypted token that unpacks to more',
    token: async () => {
      const header = { alg: 'dir', enc: 'A128GCM', zip: 'DEF' }
      return [encodePart(header), '', 'AAAAAAAAAAAAAAAA', 'AAAA', 'AAAAAAAAAAAAAAAAAAAAAA'].join(
        '.',
      )
    },
  },
  {
    ids: 'CVE-2022-36083, CVE-2023-49290, CVE-2023-50658, CVE-2023-6681',
    attack: 'PBES2 with two thousand million rounds',
    token: async () => {
      const header = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: 'AAAA', p2c: 2_147_483_647 }
      return [
        encodePart(header),
        'AAAA',
        'AAAAAAAAAAAAAAAA',
        'AAAA',
        'AAAAAAAAAAAAAAAAAAAAAA',
      ].join('.')
    },
  },
  {
    ids: 'CVE-2026-34986, CVE-2026-33204, CVE-2024-21664',
    attack: 'parts that are no JSON',
    token: async () => 'eyJh.eyJh.AAAA',
  },
  {
    ids: 'CVE-2025-27144, CVE-2025-30204',
    attack: 'a million dots',
    token: async () => '.'.repeat(1_000_000),
  },
  {
    ids: 'CVE-2025-27144',
    attack: 'a token header and a thousand dots',
    token: async () => `eyJhbGciOiJSUzI1NiJ9${'.'.repeat(1_000)}`,
  },
  { ids: 'json-jwt 1.11', attack: 'a fourth part', token: respelled((token) => `${token}.AAAA`) },
  {
    ids: 'json-jwt 1.11',
    attack: 'an empty fourth part',
    token: respelled((token) => `${token}.`),
  },
  {
    ids: 'json-jwt 1.11',
    attack: 'two parts',
    token: respelled((token) => token.slice(0, token.lastIndexOf('.'))),
  },
  { ids: 'RFC 7515 section 2', attack: 'padding', token: respelled((token) => `${token}==`) },
  {
    ids: 'RFC 4648 section 3.5',
    attack: 'a signature with another value in its unused bits',
    token: respelled(flipUnusedBit),
  },
  {
    ids: 'RFC 4648 section 3.5',
    attack: 'a payload with a value in its unused bits, so signed by the issuer',
    token: ({ keys: { rsa } }) => {
      const header = encodePart(defaultHeader(rsa))
      return signSpelled(header, flipUnusedBit(encodePart(padded(defaultClaims()))), rsa)
    },
  },
  {
    ids: 'RFC 4648 section 3.5',
    attack: 'a header with a value in its unused bits, so signed by the issuer',
    token: ({ keys: { rsa } }) => {
      const header = flipUnusedBit(encodePart(padded(defaultHeader(rsa))))
      return signSpelled(header, encodePart(defaultClaims()), rsa)
    },
  },
  {
    ids: 'RFC 4648 section 5',
    attack: 'the alphabet of plain base64',
    // A signature almost always has both characters; one that has neither is made again.
    token: async (world) => {
      for (;;) {
        const token = await world.mint({ jti: crypto.randomUUID() })
        const plain = token.replaceAll('-', '+').replaceAll('_', '/')
        if (plain !== token) return plain
      }
    },
  },
]

export const CLAIM_ATTACKS: TokenAttack[] = [
  { ids: 'CVE-2026-25537', attack: 'exp as text', token: claiming({ exp: '9999999999' }) },
  { ids: 'CVE-2026-25537', attack: 'nbf as text', token: claiming({ nbf: 'x' }) },
  { ids: 'CVE-2026-44459', attack: 'exp zero', token: claiming({ exp: 0 }) },
  { ids: 'CVE-2026-44459', attack: 'exp null', token: claiming({ exp: null }) },
  { ids: 'CVE-2026-44459', attack: 'exp false', token: claiming({ exp: false }) },
  { ids: 'CVE-2026-44459', attack: 'nbf null', token: claiming({ nbf: null }) },
  { ids: 'CVE-2026-44459', attack: 'iat as text', token: claiming({ iat: '0' }) },
  {
    ids: 'CVE-2026-44459',
    attack: 'exp beyond every number',
    token: saying((payload) => payload.replace(/"exp":\d+/, '"exp":1e999')),
  },
  { ids: 'jwt-simple audit 006', attack: 'exp below zero', token: claiming({ exp: -1 }) },
  { ids: 'jwt-simple audit 006', attack: 'nbf below zero', token: claiming({ nbf: -1 }) },
  { ids: 'jwt-simple audit 006', attack: 'exp beyond 2^53', token: claiming({ exp: 2 ** 60 }) },
  { ids: 'mod_auth_openidc 2026', attack: 'no exp', token: claiming({ exp: undefined }) },
  { ids: 'Kong claims_to_verify', attack: 'expired', token: claiming({ exp: NOW - 31 }) },
  { ids: 'Kong claims_to_verify', attack: 'not yet valid', token: claiming({ nbf: NOW + 31 }) },
  {
    ids: 'RFC 7519 section 4.1.6',
    attack: 'issued in the future',
    token: claiming({ iat: NOW + 31 }),
  },
  { ids: 'CVE-2020-26160', attack: 'aud an empty list', token: claiming({ aud: [] }) },
  { ids: 'CVE-2020-26160', attack: 'aud a list of another', token: claiming({ aud: ['other'] }) },
  { ids: 'CVE-2020-26160', attack: 'aud empty', token: claiming({ aud: '' }) },
  {
    ids: 'CVE-2020-26160',
    attack: 'aud a list with something that is no name',
    token: claiming({ aud: ['gatehouse', 1] }),
  },
  { ids: 'CVE-2020-26160', attack: 'aud an object', token: claiming({ aud: { gatehouse: true } }) },
  {
    ids: 'CVE-2023-22482, CVE-2025-62610, CVE-2026-50627, GHSA-wcvh-g65p-v576',
    attack: 'a token for another client of the same issuer',
    token: claiming({ aud: 'other' }),
  },
  { ids: 'CVE-2025-62610', attack: 'no aud', token: claiming({ aud: undefined }) },
  {
    ids: 'CVE-2024-53861',
    attack: 'aud that contains the right one',
    token: claiming({ aud: 'gatehouse-admin' }),
  },
  { ids: 'CVE-2024-53861', attack: 'aud within the right one', token: claiming({ aud: 'gate' }) },
  {
    ids: 'CVE-2024-53861',
    attack: 'iss within the right one',
    token: claiming({ iss: 'https://idp' }),
  },
  { ids: 'CVE-2024-53861', attack: 'iss with a slash', token: claiming({ iss: `${ISSUER}/` }) },
  {
    ids: 'CVE-2024-53861',
    attack: 'iss in upper case',
    token: claiming({ iss: 'https://IDP.test' }),
  },
  {
    ids: 'CVE-2025-30144',
    attack: 'iss a list with the right one',
    token: claiming({ iss: ['https://evil.test', ISSUER] }),
  },
  {
    ids: 'CVE-2025-30144',
    attack: 'iss a list of the right one',
    token: claiming({ iss: [ISSUER] }),
  },
  {
    ids: 'CVE-2021-21378',
    attack: 'an unknown iss',
    token: claiming({ iss: 'https://evil.test' }),
  },
  { ids: 'CVE-2021-21378', attack: 'no iss', token: claiming({ iss: undefined }) },
  { ids: 'RFC 7519 section 4.1.2', attack: 'sub a number', token: claiming({ sub: 1 }) },
  {
    ids: 'CVE-2026-41164',
    attack: 'a logout token',
    token: headed({ typ: 'logout+jwt' }),
  },
  {
    ids: 'CVE-2026-41164',
    attack: 'a logout token without its typ',
    token: claiming({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
  },
  { ids: 'CVE-2026-41164', attack: 'a DPoP proof', token: headed({ typ: 'dpop+jwt' }) },
  { ids: 'CVE-2026-41164', attack: 'a security event', token: headed({ typ: 'secevent+jwt' }) },
  {
    ids: 'CVE-2026-41164',
    attack: 'an id token by its typ',
    token: headed({ typ: 'id_token+jwt' }),
  },
  { ids: 'CVE-2026-41164', attack: 'typ that is no text', token: headed({ typ: ['at+jwt'] }) },
  {
    ids: 'RFC 9449 section 7.2, RFC 8705 section 3',
    attack: 'a token bound to a key, sent as Bearer',
    token: claiming({ cnf: { jkt: 'x' } }),
  },
]

/** One more space, until the JSON fills its last base64 character only in part. */
function padded(members: Members): string {
  let text = JSON.stringify(members)
  while (Buffer.byteLength(text) % 3 === 0) text += ' '
  return text
}

/** Sets the lowest bit of the last character, which no decoder reads. */
function flipUnusedBit(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) as string)
  return token.slice(0, -1) + alphabet[last | 1]
}
