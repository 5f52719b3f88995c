// Headers with which a client has spoken in a gateway's name, or has made it lose its own.

export interface HeaderAttack {
  ids: string
  attack: string
  headers: Record<string, string>
  /** Headers of the gateway that must arrive all the same. */
  kept?: Record<string, string>
}

/** What an attacker puts wherever it might be believed; it must not reach the origin at all. */
export const EVIL = 'evil'

export const SPOOFED_HEADERS: HeaderAttack[] = [
  {
    ids: 'krakend-ce 309, CVE-2026-30851, CVE-2026-39998',
    attack: 'a copy of a header that carries a claim',
    headers: { 'x-user-email': EVIL },
  },
  {
    ids: 'CVE-2026-39998, CVE-2026-44087, CVE-2026-49231',
    attack: "copies of the gateway's own headers",
    headers: {
      'X-Auth-Subject': EVIL,
      'x-auth-issuer': EVIL,
      'x-auth-scope': EVIL,
      'x-auth-roles': EVIL,
      'x-auth-claims': EVIL,
      'x-auth-anything': EVIL,
    },
  },
  {
    ids: 'CVE-2026-30851',
    attack: 'a header for a claim that only another route forwards',
    headers: { 'x-user-team': EVIL },
  },
  {
    ids: 'CVE-2025-64484, CVE-2026-39858, CVE-2026-33433, CVE-2026-54763',
    attack: 'underscores that servers fold into hyphens',
    headers: {
      X_Auth_Subject: EVIL,
      'x-auth_subject': EVIL,
      X_User_Email: EVIL,
      X_Forwarded_Email: EVIL,
      X_Forwarded_Proto: EVIL,
      Authorization_: EVIL,
    },
  },
  {
    ids: 'CVE-2026-52845',
    attack: 'other characters that servers fold into hyphens',
    headers: { 'x.auth.subject': EVIL, 'x-auth!subject': EVIL, 'x~user~email': EVIL },
  },
  {
    ids: 'CVE-2024-45410, CVE-2022-31813, CVE-2021-32813',
    attack: 'a Connection header that names headers of the gateway',
    headers: { connection: 'close, X-Forwarded-Host, X-Forwarded-Proto, X-Auth-Subject' },
    kept: { 'x-forwarded-host': 'api.test', 'x-forwarded-proto': 'https' },
  },
  {
    ids: 'CVE-2026-29054, GHSA-w9mr-28mw-j8hg',
    attack: 'the same in lower case, one by one',
    headers: { connection: 'x-forwarded-host,x-user-email,x-auth-subject', 'x-user-email': EVIL },
    kept: { 'x-forwarded-host': 'api.test' },
  },
  {
    ids: 'RFC 9110 section 7.6.1',
    attack: 'headers about one connection',
    headers: {
      connection: 'x-private',
      'x-private': EVIL,
      'keep-alive': EVIL,
      te: EVIL,
      trailer: EVIL,
      'proxy-authorization': EVIL,
      'proxy-connection': EVIL,
      'http2-settings': EVIL,
      expect: EVIL,
    },
  },
  {
    ids: 'CVE-2023-27487, CVE-2024-7207',
    attack: 'the path that was asked for first, as another proxy would say',
    headers: {
      'x-envoy-original-path': `/${EVIL}`,
      'x-original-url': `/${EVIL}`,
      'x-original-uri': `/${EVIL}`,
      'x-rewrite-url': `/${EVIL}`,
    },
  },
  {
    ids: 'CVE-2026-33495',
    attack: 'another scheme',
    headers: { 'x-forwarded-proto': 'http' },
    kept: { 'x-forwarded-proto': 'https' },
  },
  {
    ids: 'CVE-2026-40575, CVE-2026-35051, CVE-2026-54764, CVE-2024-52003',
    attack: 'the rest of the X-Forwarded family',
    headers: {
      'x-forwarded-uri': `/${EVIL}`,
      'x-forwarded-prefix': `/${EVIL}`,
      'x-forwarded-port': EVIL,
      'x-forwarded-server': EVIL,
      'x-forwarded-user': EVIL,
      'x-forwarded-method': EVIL,
    },
  },
  {
    ids: 'CVE-2026-57210, GHSA-4jgr-pg2m-m988, CVE-2023-41338, GHSA-3fxj-6jh8-hvhx, CVE-2024-45806',
    attack: 'another address',
    headers: {
      'x-forwarded-for': `127.0.0.1, ${EVIL}`,
      forwarded: `for=${EVIL};host=${EVIL}`,
      'x-real-ip': EVIL,
      'true-client-ip': EVIL,
      'client-ip': EVIL,
      'x-client-ip': EVIL,
      'x-cluster-client-ip': EVIL,
    },
  },
  {
    ids: 'CVE-2026-57210',
    attack: 'another host',
    headers: { 'x-forwarded-host': EVIL, 'x-original-host': EVIL },
    kept: { 'x-forwarded-host': 'api.test' },
  },
  {
    ids: 'CVE-2023-30845',
    attack: 'another method',
    headers: {
      'x-http-method-override': EVIL,
      'x-http-method': EVIL,
      'x-method-override': EVIL,
      'x-original-method': EVIL,
    },
  },
  {
    ids: 'Cloudflare Access',
    attack: 'what only the platform may say',
    headers: {
      'cf-access-jwt-assertion': EVIL,
      'cf-access-authenticated-user-email': EVIL,
      'cf-worker': EVIL,
      'mf-access-blob': EVIL,
    },
  },
]

/** A claim, and what its header says: never a control character, never a second value. */
export interface EncodedClaim {
  ids: string
  /** Test names cannot show every claim. */
  what: string
  claim: unknown
  header: string | null
}

export const ENCODED_CLAIMS: EncodedClaim[] = [
  {
    ids: 'CVE-2020-15111',
    what: 'a line break',
    claim: 'a\r\nX-Admin: 1',
    header: 'a%0D%0AX-Admin:%201',
  },
  { ids: 'mod_auth_openidc 2026', what: 'half a line break', claim: 'a\rb', header: 'a%0Db' },
  {
    ids: 'CVE-2023-27493',
    what: 'control characters',
    claim: 'a\u0000b\u007f\t',
    header: 'a%00b%7F%09',
  },
  { ids: 'CVE-2024-21499', what: 'escapes of a line break', claim: '%0d%0a', header: '%250d%250a' },
  {
    ids: 'envoy 28230, vouch 401',
    what: 'letters and pictures',
    claim: 'Özdemir 🦊',
    header: '%C3%96zdemir%20%F0%9F%A6%8A',
  },
  { ids: 'envoy 28230', what: 'half a surrogate pair', claim: '\ud800x', header: '%EF%BF%BDx' },
  {
    ids: 'envoy 30072',
    what: 'a list with a comma in an item',
    claim: ['a', 'b,c', 1],
    header: 'a,b%2Cc,1',
  },
  { ids: 'envoy 30072', what: 'an object', claim: { a: '"' }, header: '{"a":"\\""}' },
  { ids: 'CVE-2026-39998', what: 'nothing', claim: '', header: null },
  { ids: 'CVE-2026-39998', what: 'null', claim: null, header: null },
  { ids: 'CVE-2026-39998', what: 'an empty list', claim: [], header: null },
  { ids: 'CVE-2026-39998', what: 'no value', claim: undefined, header: null },
]
