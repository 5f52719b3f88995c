// Requests that one server reads differently than the next: paths, queries, hosts and methods.

/** What happens to a request: refused, or at the origin under this path. */
export type Outcome = [status: number, code: string] | string

export interface PathAttack {
  ids: string
  attack: string
  /** Raw path, or a whole URL. */
  target: string
  method?: string
  headers?: Record<string, string>
  outcome: Outcome
}

const AMBIGUOUS: Outcome = [400, 'path_ambiguous']
const UNAUTHENTICATED: Outcome = [401, 'credential_missing']
const NOT_FOUND: Outcome = [404, 'not_found']
const NOT_ALLOWED: Outcome = [405, 'method_not_allowed']
const MALFORMED: Outcome = [400, 'invalid_request']

/**
 * Sent without a token to a gateway in which `/public/*` is open, `/admin/*` needs a token, `/only-get`
 * is open for GET, `/Exact` is open, and `/v1/*` is open and stripped.
 */
export const PATH_ATTACKS: PathAttack[] = [
  {
    ids: 'CVE-2026-33494, CVE-2019-9901, CVE-2025-32431',
    attack: 'dot segments out of the open part',
    target: '/public/../admin/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-42274, CVE-2025-66490',
    attack: 'dot segments in escapes',
    target: '/public/%2e%2e/admin/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-42274',
    attack: 'dot segments in escapes, upper case and mixed',
    target: '/public/.%2E/admin/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-33494',
    attack: 'dot segments into the open part',
    target: '/admin/../public/x',
    outcome: '/public/x',
  },
  {
    ids: 'CVE-2026-33494',
    attack: 'dot segments above the root',
    target: '/../../admin/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2025-47952',
    attack: 'dot segments escaped twice',
    target: '/public/%252e%252e/admin/x',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CVE-2021-29492',
    attack: 'an escaped slash',
    target: '/public/x%2F..%2F..%2Fadmin',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CVE-2026-42272',
    attack: 'an escaped slash in lower case',
    target: '/public/a%2fb',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CVE-2021-29492',
    attack: 'an escaped backslash',
    target: '/public/..%5Cadmin',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CVE-2021-29492',
    attack: 'a backslash',
    target: '/public\\..\\admin\\x',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CVE-2021-43557',
    attack: 'two slashes in front',
    target: '//admin/x',
    outcome: AMBIGUOUS,
  },
  { ids: 'CVE-2021-43557', attack: 'two slashes', target: '/public//admin', outcome: AMBIGUOUS },
  {
    ids: 'servlet path parameters',
    attack: 'a semicolon after dots',
    target: '/public/..;/admin/x',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'servlet path parameters',
    attack: 'an escaped semicolon',
    target: '/public/x%3Ba=1',
    outcome: AMBIGUOUS,
  },
  { ids: 'CWE-158', attack: 'an escaped NUL', target: '/public/x%00', outcome: AMBIGUOUS },
  {
    ids: 'CWE-93',
    attack: 'an escaped line break',
    target: '/public/x%0d%0aX-Admin:%201',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CWE-176',
    attack: 'a slash in overlong UTF-8',
    target: '/public/%c0%af',
    outcome: AMBIGUOUS,
  },
  { ids: 'CWE-176', attack: 'a broken escape', target: '/public/%zz', outcome: AMBIGUOUS },
  { ids: 'CWE-176', attack: 'half an escape', target: '/public/%', outcome: AMBIGUOUS },
  {
    ids: 'RFC 3986 section 6.2.2.2',
    attack: 'escapes of plain letters',
    target: '/%61dmin/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'RFC 3986 section 6.2.2.2',
    attack: 'escapes of plain letters in the open part',
    target: '/%70ublic/%7e',
    outcome: '/public/~',
  },
  {
    ids: 'CVE-2021-32779, CVE-2023-47106, CVE-2023-45539, CVE-2021-39156',
    attack: 'a fragment',
    target: '/admin/x#/public/x',
    outcome: MALFORMED,
  },
  {
    ids: 'CVE-2026-41059',
    attack: 'an escaped number sign',
    target: '/admin%23/public/x',
    outcome: NOT_FOUND,
  },
  {
    ids: 'CVE-2020-8595',
    attack: 'a question mark after a guarded path',
    target: '/admin/x?',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2025-54576, CVE-2022-34296',
    attack: 'the open path in the query',
    target: '/admin/x?y=/public/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2025-54576',
    attack: 'dot segments in the query',
    target: '/public/x?y=/../../admin',
    outcome: '/public/x?y=/../../admin',
  },
  {
    ids: 'CVE-2026-27587',
    attack: 'a guarded path in another case',
    target: '/AdMiN/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-27587',
    attack: 'an open path in another case',
    target: '/EXACT',
    outcome: NOT_FOUND,
  },
  {
    ids: 'CVE-2025-46821',
    attack: 'a star where a pattern has one',
    target: '/admin/*',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-48020, CVE-2026-40912, CVE-2026-65600, CVE-2026-67309',
    attack: 'another path once the prefix is gone',
    target: '/v1/..%2Fadmin',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CVE-2026-48020',
    attack: 'dot segments behind the prefix',
    target: '/v1/../admin/x',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-48020',
    attack: 'an empty segment behind the prefix, which would name a host',
    target: '/v1//evil.test/x',
    outcome: AMBIGUOUS,
  },
  {
    ids: 'CVE-2026-48020',
    attack: 'the prefix in escapes',
    target: '/%761/admin/x',
    outcome: '/admin/x',
  },
  {
    ids: 'CVE-2026-42273, CVE-2026-27588, CVE-2021-39155',
    attack: 'the host in upper case',
    target: 'https://ADMIN.test/',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2022-23632',
    attack: 'the host with a dot at its end',
    target: 'https://admin.test./',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-42273',
    attack: 'the host with a port',
    target: 'https://admin.test:8443/',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2020-11767',
    attack: 'a host that nobody serves',
    target: 'https://evil.test/public/x',
    outcome: [421, 'host_unknown'],
  },
  {
    ids: 'CVE-2021-39240',
    attack: 'a user in the authority',
    target: 'https://api.test@evil.test/public/x',
    outcome: MALFORMED,
  },
  {
    ids: 'CVE-2021-39240',
    attack: 'another scheme',
    target: 'ftp://api.test/public/x',
    outcome: MALFORMED,
  },
  {
    ids: 'RFC 9112 section 3.2.4',
    attack: 'a star as target',
    target: 'https://api.test*',
    outcome: MALFORMED,
  },
  {
    ids: 'CVE-2022-38580',
    attack: 'a header that names another target',
    target: '/public/x',
    headers: { 'x-skipper-proxy': 'https://evil.test', 'x-original-host': 'evil.test' },
    outcome: '/public/x',
  },
  {
    ids: 'CVE-2023-30845',
    attack: 'a header that names another method',
    target: '/only-get',
    method: 'DELETE',
    headers: { 'x-http-method-override': 'GET' },
    outcome: NOT_ALLOWED,
  },
  {
    ids: 'CVE-2026-45075',
    attack: 'HEAD where GET needs a token',
    target: '/admin/x',
    method: 'HEAD',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'fastapi-opa',
    attack: 'OPTIONS where a token is needed',
    target: '/admin/x',
    method: 'OPTIONS',
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'fastapi-opa',
    attack: 'a preflight where a token is needed',
    target: '/admin/x',
    method: 'OPTIONS',
    headers: { origin: 'https://evil.test', 'access-control-request-method': 'GET' },
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2026-71324',
    attack: 'TRACE',
    target: '/public/x',
    method: 'TRACE',
    outcome: NOT_ALLOWED,
  },
  {
    ids: 'CVE-2021-39241',
    attack: 'a method that no route lists',
    target: '/public/x',
    method: 'PROPFIND',
    outcome: NOT_ALLOWED,
  },
  {
    ids: 'CVE-2024-23326, RUSTSEC-2026-0033',
    attack: 'an upgrade where a token is needed',
    target: '/admin/x',
    headers: { upgrade: 'websocket', connection: 'upgrade' },
    outcome: UNAUTHENTICATED,
  },
  {
    ids: 'CVE-2020-13945, CVE-2022-24112',
    attack: 'the administration of another gateway',
    target: '/apisix/admin/routes',
    outcome: NOT_FOUND,
  },
  {
    ids: 'Envoy: a URL without a rule is open',
    attack: 'a path that no route names',
    target: '/forgotten',
    outcome: NOT_FOUND,
  },
]
