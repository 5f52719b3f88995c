// What the gateway promises, where each promise is tested, and how the test was seen to fail: with the
// guard taken out of a copy of the source. README.md beside this file is written from here.

export interface Edit {
  file: string
  /** Occurs exactly once in the file. */
  find: string
  replace: string
}

export interface Mutation {
  /** What is taken away, in words. */
  guard: string
  edits: Edit[]
  /** The test that must fail then. */
  test: TestName
}

export interface TestName {
  project: 'workers' | 'node'
  file: string
  /** Part of its full name, describe blocks included. */
  name: string
}

export interface Promised {
  id: string
  promise: string
  mutations: Mutation[]
  /** What a rest of the promise waits for. */
  later?: string
}

const edit = (file: string, find: string, replace: string): Edit => ({
  file: `src/${file}`,
  find,
  replace,
})
const workers = (file: string, name: string): TestName => ({
  project: 'workers',
  file: `test/${file}.test.ts`,
  name,
})
const tokens = (name: string) => workers('attacks/tokens', name)
const keys = (name: string) => workers('attacks/keys', name)
const headers = (name: string) => workers('attacks/headers', name)
const paths = (name: string) => workers('attacks/paths', name)
const bounds = (name: string) => workers('attacks/bounds', name)
const configs = (name: string) => workers('attacks/configs', name)
const links = (name: string) => workers('attacks/links', name)
const linkRules = (name: string) => workers('auth/link/links', name)
const responses = (name: string) => workers('attacks/responses', name)
const apiKeys = (name: string) => workers('attacks/api-keys', name)
const caching = (name: string) => workers('edge/cache/cached', name)
const purging = (name: string) => workers('edge/cache/purge', name)
const refusals = (name: string) => workers('edge/refusal', name)
const revoked = (name: string) => workers('operate/revocation/revocation', name)
const access = (name: string) => workers('auth/presets/cloudflare-access', name)
const tokenPlaces = (name: string) => workers('auth/bearer/token-places', name)
const imports = (name: string): TestName => ({
  project: 'node',
  file: 'test/cli/import.test.ts',
  name,
})
const combinations = (name: string) => workers('auth/combinations', name)
const proofs = (name: string) => workers('auth/possession/proofs', name)
const dpop = (name: string) => workers('auth/possession/dpop', name)
const replays = (name: string) => workers('auth/possession/replay', name)
const certificates = (name: string) => workers('auth/possession/mtls', name)
const state = (name: string): TestName => ({
  project: 'node',
  file: 'test/state/state.test.ts',
  name,
})
const limits = (name: string) => workers('edge/limit', name)
const corsTest = (name: string) => workers('edge/cors', name)
const session = (name: string, file = 'refresh') => workers(`session/${file}`, name)
const simulation = (name: string) => workers('edge/simulate', name)
const mcp = (name: string) => workers('mcp/tools', name)
const toolLimits = (name: string) => workers('mcp/limits', name)
const lists = (name: string) => workers('mcp/lists', name)

const ASSERTION = 'upstream/assertion/assertion.ts'
const proof = (name: string) => workers('upstream/assertion', name)
const traces = (name: string) => workers('operate/tracing', name)
const bodies = (name: string) => workers('edge/body-limit', name)
const addressLists = (name: string) => workers('edge/addresses', name)
const retries = (name: string) => workers('upstream/retry', name)
const silences = (name: string) => workers('upstream/idle-timeout', name)
const connections = (name: string): TestName => ({
  project: 'node',
  file: 'test/e2e/connections.test.ts',
  name,
})

export const PROMISES: Promised[] = [
  {
    id: 'P1',
    promise:
      'A token is three base64url parts, each in its one canonical spelling, and at most 8,192 characters (an owner may allow up to 16,384), before anything else is done with it.',
    mutations: [
      {
        guard: 'canonical last characters',
        edits: [
          edit('lib/bytes.ts', "(ends === undefined || ends.includes(text.at(-1) ?? '?')) && ", ''),
        ],
        test: tokens('a signature with another value in its unused bits'),
      },
      {
        guard: 'the limit of length',
        edits: [edit('auth/bearer/authenticate.ts', 'token.length > maxTokenLength', 'false')],
        test: bounds('may have 8,192 characters'),
      },
    ],
  },
  {
    id: 'P2',
    promise:
      'Encrypted tokens and JSON serialisations are refused unread: no decompression, no key derivation, no second parser.',
    mutations: [
      {
        guard: 'the end of the third part',
        edits: [edit('auth/bearer/compact.ts', '!isCompact || rest.length > 0', '!isCompact')],
        test: tokens('a fourth part'),
      },
    ],
  },
  {
    id: 'P3',
    promise:
      'Header and payload are JSON objects in which no name is repeated, on any level and in any spelling, nested at most 32 levels.',
    mutations: [
      {
        guard: 'the search for repeated names',
        edits: [
          edit(
            'lib/strict-json.ts',
            'countNames(text) !== countMembers(value, 1)',
            'countMembers(value, 1) < 0',
          ),
        ],
        test: tokens('sub twice in the payload'),
      },
      {
        guard: 'the limit of depth',
        edits: [edit('lib/strict-json.ts', 'depth > MAX_DEPTH', 'false')],
        test: bounds('may be nested 32 levels deep'),
      },
    ],
  },
  {
    id: 'P4',
    promise:
      'Only asymmetric algorithms that the owner allows for the issuer are verified, named exactly; none and HS* never are.',
    mutations: [
      {
        guard: 'the list of allowed algorithms',
        edits: [edit('auth/bearer/jwt.ts', '!rules.algorithms.includes(algorithm)', 'false')],
        test: keys('an algorithm that the owner did not allow'),
      },
      {
        guard: 'the list of algorithms that an owner may allow',
        edits: [edit('auth/presets/common.ts', 'ALGORITHMS.includes(name as string)', 'true')],
        test: configs('a symmetric algorithm'),
      },
    ],
  },
  {
    id: 'P5',
    promise:
      'The algorithm of a token must be one for the type, curve, use and alg of the key; a key without alg verifies by its own kind.',
    mutations: [
      {
        guard: 'the match of algorithm and key',
        edits: [
          edit(
            'auth/bearer/jwk.ts',
            '(name) => jwk.alg === undefined || jwk.alg === name',
            '() => true',
          ),
        ],
        test: keys('a key published for RS256 verifies no RS384'),
      },
      {
        guard: 'the check of use',
        edits: [edit('auth/bearer/jwk.ts', "use !== undefined && use !== 'sig'", 'false')],
        test: keys('an RSA key for encryption verifies nothing'),
      },
    ],
  },
  {
    id: 'P6',
    promise:
      'RSA keys have 2,048 to 8,192 bits and a sound exponent; secrets in a key set are no keys; a broken key never stops the good ones beside it.',
    mutations: [
      {
        guard: 'the least number of bits',
        edits: [edit('auth/bearer/jwk.ts', 'bits >= MIN_RSA_BITS && ', '')],
        test: keys('an RSA key of 1024 bits'),
      },
      {
        guard: 'the errors of import and verification',
        edits: [
          edit(
            'auth/bearer/jwk.ts',
            'this key verifies nothing.\n      return undefined',
            "this key verifies nothing.\n      throw new Error('import')",
          ),
        ],
        test: keys('an EC point off its curve verifies nothing'),
      },
    ],
  },
  {
    id: 'P7',
    promise: 'A token whose header asks for an extension (crit, b64) is refused.',
    mutations: [
      {
        guard: 'the check for extensions',
        edits: [edit('auth/bearer/compact.ts', "'crit' in header || 'b64' in header", 'false')],
        test: tokens('an extension in crit that nobody knows'),
      },
    ],
  },
  {
    id: 'P8',
    promise:
      'Keys come from the configured issuer alone. Keys and addresses in a token mean nothing, and nothing in a token makes the gateway call anyone.',
    mutations: [
      {
        guard: '(a flaw is put in) the key in the header of the token is tried',
        edits: [
          edit(
            'auth/bearer/jwt.ts',
            'const keys = await keySet.keys(scope)\n',
            "const [head = ''] = new TextDecoder().decode(token.signedBytes).split('.')\n    const { jwk } = JSON.parse(Buffer.from(head, 'base64url').toString())\n    const { readKeySet } = await import('./jwk.ts')\n    const keys = [...(await keySet.keys(scope)), ...(readKeySet({ keys: [jwk] }) ?? [])]\n",
          ),
        ],
        test: tokens("the attacker's key in jwk"),
      },
    ],
  },
  {
    id: 'P9',
    promise:
      'A kid is a name in the key set of its issuer, at most 256 characters long; a miss never leads to another key.',
    mutations: [
      {
        guard: 'the match of kid and key',
        edits: [
          edit(
            'auth/bearer/jwt.ts',
            'const isNamed = keyId === undefined || key.keyId === keyId',
            'const isNamed = keyId !== null',
          ),
        ],
        test: tokens('RS256 with the kid of an EC key'),
      },
      {
        guard: 'the limit of length',
        edits: [edit('auth/bearer/token.ts', ' && keyId.length <= MAX_KID_LENGTH', '')],
        test: bounds('may have a kid of 256 characters'),
      },
    ],
  },
  {
    id: 'P10',
    promise:
      'The issuer of a token must be one that the route names, exactly and as a string, before any key is looked at. An issuer cannot be left empty.',
    mutations: [
      {
        guard: 'both comparisons of iss',
        edits: [
          edit(
            'auth/bearer/authenticate.ts',
            '!issuer.rules.issuers.includes(unverified.claims.iss as string)',
            'false',
          ),
          edit(
            'auth/bearer/claims.ts',
            "has('iss') && !rules.issuers.includes(claims.iss as string)",
            'false',
          ),
        ],
        test: tokens('iss a list with the right one'),
      },
      {
        guard: 'the comparison before keys are looked at',
        edits: [
          edit(
            'auth/bearer/authenticate.ts',
            '!issuer.rules.issuers.includes(unverified.claims.iss as string)',
            'false',
          ),
        ],
        test: keys('is not asked for because of a token of a stranger'),
      },
    ],
  },
  {
    id: 'P11',
    promise:
      'An audience has to be configured, and aud must contain it as a whole: a string, or an array of strings.',
    mutations: [
      {
        guard: 'the application that ctx.access names',
        edits: [
          edit(
            'auth/presets/cloudflare-access.ts',
            'access && audiences.includes(access.aud)',
            'access',
          ),
        ],
        test: access('counts only for the application that the entry names'),
      },
      {
        guard: 'the comparison as a whole',
        edits: [
          edit(
            'auth/bearer/claims.ts',
            'wanted.includes(audience)',
            'wanted.some((name) => audience.includes(name))',
          ),
        ],
        test: tokens('aud that contains the right one'),
      },
      {
        guard: 'the check that all of aud are names',
        edits: [
          edit(
            'auth/bearer/claims.ts',
            "Array.isArray(audience) && audience.every((name) => typeof name === 'string')",
            'Array.isArray(audience)',
          ),
        ],
        test: tokens('aud a list with something that is no name'),
      },
    ],
  },
  {
    id: 'P12',
    promise:
      'exp is required; exp, nbf and iat are numbers in range, and one that is something else is a refusal, never an absence.',
    mutations: [
      {
        guard: 'the need for exp',
        edits: [
          edit(
            'auth/bearer/claims.ts',
            "expiry === undefined && !mayOmit.includes('exp')",
            'false',
          ),
        ],
        test: tokens('no exp'),
      },
      {
        guard: 'the refusal of what is no time',
        edits: [
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
          edit('auth/bearer/claims.ts', 'throw refused(`${name} is no time`)', 'return undefined'),
        ],
        test: tokens('nbf as text'),
      },
    ],
  },
  {
    id: 'P13',
    promise:
      'Only access tokens are accepted: other values of typ, logout tokens and security events are refused, id tokens also by what the presets know of them.',
    mutations: [
      {
        guard: 'the check of typ',
        edits: [edit('auth/bearer/token.ts', '!isAccessTokenType(header.typ)', 'false')],
        test: tokens('a DPoP proof'),
      },
      {
        guard: 'the check for security events',
        edits: [edit('auth/bearer/claims.ts', 'claims.events !== undefined', 'false')],
        test: tokens('a logout token without its typ'),
      },
      {
        guard: 'the type of a token of Cloudflare Access',
        edits: [edit('auth/presets/cloudflare-access.ts', "type !== 'app'", 'false')],
        test: access('without a type is 401'),
      },
      {
        guard: 'somebody in a token of Cloudflare Access',
        edits: [edit('auth/presets/cloudflare-access.ts', '!isSomebody && (', 'isSomebody && (')],
        test: access('of nobody is 401'),
      },
    ],
  },
  {
    id: 'P14',
    promise:
      'Keys are kept by issuer and address; a refresh replaces the set, what a lost key has proven goes with it, and no key is used for more than a day without a refresh.',
    mutations: [
      {
        guard: 'replacement (a refresh adds)',
        edits: [
          edit(
            'auth/bearer/jwks.ts',
            'keys: keys.map((key) => known.get(key.fingerprint) ?? key) }',
            'keys: [...(held?.keys ?? []), ...keys] }',
          ),
        ],
        test: keys('loses a key that a refresh no longer has'),
      },
      {
        guard: 'the end of what a key has proven',
        edits: [edit('auth/bearer/jwt.ts', '!keys.includes(key)', 'false')],
        test: keys('loses a key that a refresh no longer has'),
      },
      {
        guard: 'the greatest age',
        edits: [edit('auth/bearer/jwks.ts', 'held && ageOf(held) < MAX_STALE_SECONDS', 'held')],
        test: workers(
          'auth/bearer/jwks',
          'is used for a day while the issuer is down, and not longer',
        ),
      },
      {
        guard: 'the issuer in the name of the stored copy',
        edits: [
          edit(
            'auth/bearer/jwks-entry.ts',
            'digest([issuer, jwksUri, boundAs])',
            'digest([boundAs])',
          ),
        ],
        test: keys('lies in the store under a name of its own'),
      },
    ],
  },
  {
    id: 'P15',
    promise:
      'Unknown kids, and signatures that no key verifies, cost the issuer one call in 30 s together, however many there are and also while it fails.',
    mutations: [
      {
        guard: 'the cooldown',
        edits: [
          edit(
            'auth/bearer/jwks.ts',
            'if (now() - missedAt < COOLDOWN_SECONDS) return undefined\n',
            '',
          ),
        ],
        test: keys('is asked once however many kids a client makes up'),
      },
    ],
  },
  {
    id: 'P16',
    promise:
      "The issuer's documents are fetched over https, without redirects, within 5 s, and read up to a limit.",
    mutations: [
      {
        guard: 'the limit of bytes',
        edits: [edit('lib/fetch-json.ts', 'bytes > maxBytes', 'false')],
        test: bounds('may have 262,144 bytes'),
      },
      {
        guard: 'no redirects',
        edits: [edit('lib/fetch-json.ts', "redirect: 'manual'", "redirect: 'follow'")],
        test: workers('lib/outside', 'is fetched uncached, without following redirects'),
      },
      {
        guard: 'https',
        edits: [edit('lib/url.ts', "protocol === 'https:' ||", 'true ||')],
        test: configs('a key set over plain http'),
      },
    ],
  },
  {
    id: 'P17',
    promise:
      'Introspection lets a token in only by a boolean true, for our audience, from its issuer, now; the answer is kept a minute at the most, under token, endpoint and client; a failure is 503, never 401.',
    mutations: [
      {
        guard: 'the type of active',
        edits: [
          edit(
            'auth/bearer/introspection.ts',
            "typeof body.active === 'boolean'",
            'body.active !== undefined',
          ),
        ],
        test: workers('attacks/introspection', 'active as text'),
      },
      {
        guard: 'the check of the claims of an answer',
        edits: [
          edit(
            'auth/bearer/authenticate.ts',
            'checkClaims(claims, rules, now(), introspection.options.mayOmit)',
            '',
          ),
        ],
        test: workers('fuzz/issuers', 'to introspection lets a token in only where it says so'),
      },
      {
        guard: 'the minute',
        edits: [
          edit(
            'auth/bearer/introspection.ts',
            'export const ACTIVE_SECONDS = 60',
            'export const ACTIVE_SECONDS = 600',
          ),
        ],
        test: workers(
          'auth/bearer/introspection',
          'for 60 s where it is active, which bounds a revocation',
        ),
      },
      {
        guard: 'the endpoint in the name of an answer',
        edits: [
          edit(
            'auth/bearer/introspection.ts',
            "digest([token, endpoint, options.clientId ?? ''])",
            'digest([token.slice(0, 20)])',
          ),
        ],
        test: workers('auth/bearer/introspection', 'for the whole token, not for a part of it'),
      },
    ],
  },
  {
    id: 'P18',
    promise:
      'What a caller may do is decided for each request and each route from facts; only facts are kept.',
    mutations: [
      {
        guard: 'the age of what Cloudflare Access has said of a person',
        edits: [edit('auth/access/identity.ts', 'now() >= known.until', 'false')],
        test: access('asked for with the cookie, once in 60 s'),
      },
      {
        guard: 'the person that it was said of',
        edits: [edit('auth/access/identity.ts', 'identity && !isOf(principal, identity)', 'false')],
        test: access('503 where the answer is somebody else'),
      },
      {
        guard: '(a flaw is put in) who was let in once is let in again',
        edits: [
          edit(
            'auth/authorize.ts',
            'const refusal = refusalOfPolicy(principal, policy)',
            'if (seen.has(principal)) return\n  seen.add(principal)\n  const refusal = refusalOfPolicy(principal, policy)',
          ),
          edit(
            'auth/authorize.ts',
            'function claimValues(',
            'const seen = new WeakSet<Principal>()\n\nfunction claimValues(',
          ),
        ],
        test: keys('is judged by every route anew'),
      },
    ],
  },
  {
    id: 'P19',
    promise:
      'A token that can be judged by its signature is never saved by introspection; one of a foreign issuer is asked about nowhere.',
    mutations: [
      {
        guard: 'the difference between no verdict and a bad one',
        edits: [
          edit('auth/bearer/authenticate.ts', '!isUndecided || !introspection', '!introspection'),
        ],
        test: workers('fuzz/issuers', 'is asked for nothing by a token that can be judged here'),
      },
    ],
  },
  {
    id: 'P20',
    promise: 'A request has one credential; two different ones are 400, however they are sent.',
    mutations: [
      {
        guard: 'the refusal of what cannot be read, where nothing else was chosen',
        edits: [
          edit(
            'auth/identify.ts',
            'if (unread && (all || shown.every(',
            'if (unread && (all && shown.every(',
          ),
        ],
        test: combinations(
          'are refused where nothing else was sent, and where they are one of all',
        ),
      },
      {
        guard: 'that what was chosen is looked at beside it',
        edits: [
          edit(
            'auth/identify.ts',
            'error instanceof GatewayError && error.options.isAmbient',
            'error instanceof TypeError',
          ),
        ],
        test: combinations('keep nobody out who has chosen to send something else'),
      },
      {
        guard: 'the refusal of several values',
        edits: [
          edit(
            'auth/bearer/credential.ts',
            "throw severalTokens('Authorization has several values', false)",
            'return /bearer +([^ ,]+)/i.exec(value)?.[1]',
          ),
        ],
        test: headers('two Authorization headers is 400'),
      },
      {
        guard: 'the refusal of two kinds',
        edits: [edit('auth/identify.ts', '!others.every(isSame)', 'others.length < 0')],
        test: combinations('is 400 where two were chosen, of whatever kinds'),
      },
      {
        guard: 'the refusal of two in subprotocols',
        edits: [edit('auth/bearer/credential.ts', 'others.length > 0 ||', '')],
        test: tokenPlaces(
          'one credential where the same token stands elsewhere too, and two are refused',
        ),
      },
    ],
  },
  {
    id: 'P21',
    promise:
      'Bearer means the scheme Bearer and one token; a DPoP credential, and a token that is bound to a key, is none. A binding that nobody checks is refused.',
    mutations: [
      {
        guard: 'the scheme',
        edits: [
          edit(
            'auth/bearer/credential.ts',
            '/^[Bb][Ee][Aa][Rr][Ee][Rr] +(',
            '/^(?:DPoP|[Bb][Ee][Aa][Rr][Ee][Rr]) +(',
          ),
        ],
        test: headers('a token under the DPoP scheme is no bearer token'),
      },
      {
        guard: 'the refusal of bound tokens',
        edits: [edit('auth/bearer/claims.ts', 'claims.cnf !== undefined', 'false')],
        test: tokens('a token bound to a key, sent as Bearer'),
      },
      {
        guard: 'the refusal of bindings that nobody checks',
        edits: [
          edit(
            'auth/bearer/claims.ts',
            'names.every((name) => members.includes(name))',
            'names.some((name) => members.includes(name))',
          ),
        ],
        test: dpop('is refused where cnf has one such member beside its own'),
      },
    ],
  },
  {
    id: 'P22',
    promise:
      "What a client sends under a name of the gateway never reaches an origin: on no route, with no method, in no spelling that a server folds into the gateway's.",
    mutations: [
      {
        guard: 'the names of other spellings',
        edits: [
          edit(
            'upstream/header-names.ts',
            ' || isFoldable(name) || isReserved(name)',
            ' || isReserved(name)',
          ),
        ],
        test: headers('underscores that servers fold into hyphens'),
      },
      {
        guard: 'the names that another route forwards',
        edits: [
          edit(
            'upstream/header-rules.ts',
            '!isWithheld(name) && !forwardedNames.has(name)',
            '!isWithheld(name)',
          ),
        ],
        test: headers('a header for a claim that only another route forwards'),
      },
    ],
  },
  {
    id: 'P23',
    promise:
      'Headers about one connection, and those that Connection names, end at the gateway; they take none of its own with them.',
    mutations: [
      {
        guard: 'the names in Connection',
        edits: [
          edit(
            'upstream/request.ts',
            'for (const name of namesInConnection(sent)) headers.delete(name)',
            '',
          ),
        ],
        test: headers('headers about one connection'),
      },
      {
        guard: 'what is about the connection, where it is kept',
        edits: [edit('upstream/header-rules.ts', ' && !isHopByHop(name)', '')],
        test: workers('upstream/request', 'that are about the connection do not pass'),
      },
    ],
  },
  {
    id: 'P24',
    promise: 'A claim that is absent or empty has no header; one that is there has one value.',
    mutations: [
      {
        guard: 'the omission of empty values',
        edits: [edit('upstream/claims.ts', 'Boolean(header[1])', 'header[1] !== undefined')],
        test: headers('nothing is encoded'),
      },
    ],
  },
  {
    id: 'P25',
    promise:
      'A claim goes into a header as visible ASCII, percent-encoded, whatever is in it; a header that would be longer than 7,000 characters is left out and logged.',
    mutations: [
      {
        guard: 'the encoding',
        edits: [
          edit(
            'upstream/claims.ts',
            '.toWellFormed().replace(/[^!-~]+|%/g, encodeURIComponent)',
            '.toWellFormed()',
          ),
        ],
        test: headers('letters and pictures is encoded'),
      },
      {
        guard: 'the limit of length',
        edits: [edit('upstream/claims.ts', 'value.length <= MAX_HEADER_LENGTH', 'true')],
        test: bounds('has all claims in 7,000 characters'),
      },
    ],
  },
  {
    id: 'P26',
    promise:
      'Scheme, host and address that the origin is told come from the platform; what a client says of them is removed.',
    mutations: [
      {
        guard: 'the family of X-Forwarded',
        edits: [
          edit('upstream/header-names.ts', '/^(?:x-auth-|x-forwarded-|cf-', '/^(?:x-auth-|cf-'),
        ],
        test: headers('the rest of the X-Forwarded family'),
      },
      {
        guard: 'other names of the address',
        edits: [edit('upstream/header-names.ts', "  'x-real-ip',\n", '')],
        test: headers('another address'),
      },
    ],
  },
  {
    id: 'P27',
    promise:
      'The credential stays at the gateway unless the route keeps it; redirects of an origin are answered, never followed.',
    mutations: [
      {
        guard: 'the removal',
        edits: [
          edit(
            'upstream/header-names.ts',
            "name === 'authorization' || isFoldable(name) ||",
            'isFoldable(name) ||',
          ),
          edit('auth/bearer/scheme.ts', '[AUTHORIZATION, ...', '[...'),
        ],
        test: headers('a copy of a header that carries a claim'),
      },
      {
        guard: 'no redirects',
        edits: [edit('upstream/request.ts', "redirect: 'manual'", "redirect: 'follow'")],
        test: {
          project: 'node',
          file: 'test/conformance/wire.test.ts',
          name: 'a redirect of an origin is answered, not followed',
        },
      },
      {
        guard: 'the removal from subprotocols',
        edits: [
          edit(
            'upstream/withheld.ts',
            "!names.includes(entry.split('.', 1)[0] ?? '')",
            'names.length > 0',
          ),
        ],
        test: tokenPlaces(
          'leaves the selection to the origin, which sees the other subprotocols alone',
        ),
      },
      {
        guard: 'the removal from the query',
        edits: [
          edit(
            'auth/bearer/token-source.ts',
            '{ query: source.dangerouslyQuery }',
            "{ query: '' }",
          ),
        ],
        test: tokenPlaces('is taken, and the origin gets the rest of the query byte by byte'),
      },
      {
        guard: 'the selection of the name, never of the token',
        edits: [
          edit(
            'auth/bearer/subprotocol.ts',
            'entries.includes(name)',
            'entries.some((entry) => entry.startsWith(name))',
          ),
        ],
        test: tokenPlaces('selects nothing that was not offered, and never the token'),
      },
    ],
  },
  {
    id: 'P28',
    promise:
      'One canonical path is matched, judged and forwarded, dot segments resolved and plain letters unescaped.',
    mutations: [
      {
        guard: 'the same path (the raw one is matched)',
        edits: [edit('lib/canonical-path.ts', 'return resolveDots(path)', 'return path')],
        test: paths('dot segments in escapes, upper case and mixed'),
      },
      {
        guard: 'the same path (the raw one is forwarded)',
        edits: [
          edit(
            'upstream/departure.ts',
            'originPath(path, mapping)',
            'originPath(location.rawPath, mapping)',
          ),
        ],
        test: paths('escapes of plain letters in the open part'),
      },
    ],
  },
  {
    id: 'P29',
    promise:
      'Encoded separators, double escapes, backslashes, semicolons, empty segments, controls and broken escapes are 400 unless the owner asks for trouble by an ugly name.',
    mutations: [
      {
        guard: 'the check for what is ambiguous',
        edits: [
          edit('lib/canonical-path.ts', '!options.allowAmbiguous && AMBIGUOUS.test(raw)', 'false'),
          edit('lib/canonical-path.ts', '!options.allowAmbiguous && AMBIGUOUS.test(path)', 'false'),
        ],
        test: paths('an escaped slash in lower case'),
      },
      {
        guard: 'double escapes',
        edits: [edit('lib/canonical-path.ts', '|3b|25[\\da-f]{2})', '|3b)')],
        test: paths('dot segments escaped twice'),
      },
    ],
  },
  {
    id: 'P30',
    promise: 'A path whose prefix is stripped stays below its target, whatever is in it.',
    mutations: [
      {
        guard: 'dot segments resolved before the prefix is stripped',
        edits: [edit('lib/canonical-path.ts', 'return resolveDots(path)', 'return path')],
        test: paths('never leaves the folder of a target'),
      },
    ],
  },
  {
    id: 'P31',
    promise: 'Query and fragment have no part in what is matched.',
    mutations: [
      {
        guard: 'the end of the path',
        edits: [edit('router.ts', '(\\/[^?#]*)(\\?[^#]*)?$/i', '(\\/[^#]*)(\\?[^#]*)?$/i')],
        test: paths('dot segments in the query'),
      },
      {
        guard: 'the refusal of fragments',
        edits: [
          edit('router.ts', '(\\/[^?#]*)(\\?[^#]*)?$/i', '(\\/[^?#]*)(\\?[^#]*)?(?:#.*)?$/i'),
        ],
        test: paths('a fragment'),
      },
    ],
  },
  {
    id: 'P32',
    promise:
      'Hosts are compared in lower case, without port and final dot; others than those listed are 421.',
    mutations: [
      {
        guard: 'lower case',
        edits: [edit('router.ts', ".replace(/\\.$/, '').toLowerCase()", ".replace(/\\.$/, '')")],
        test: paths('the host in upper case'),
      },
      {
        guard: 'the final dot',
        edits: [edit('router.ts', ".replace(/\\.$/, '').toLowerCase()", '.toLowerCase()')],
        test: paths('the host with a dot at its end'),
      },
      {
        guard: 'the list of hosts',
        edits: [edit('edge/door.ts', 'if (!isServed)', 'if (false)')],
        test: paths('a host that nobody serves'),
      },
    ],
  },
  {
    id: 'P33',
    promise:
      'The method that is matched is the one that is sent; headers that name another are removed; HEAD is judged as GET; TRACE and CONNECT go nowhere.',
    mutations: [
      {
        guard: 'the removal of override headers',
        edits: [edit('upstream/header-names.ts', "  'x-http-method-override',\n", '')],
        test: headers('another method'),
      },
      {
        guard: 'the list of methods',
        edits: [edit('router.ts', "'DELETE', 'OPTIONS']", "'DELETE', 'OPTIONS', 'TRACE']")],
        test: paths('TRACE'),
      },
    ],
    later: 'CORS preflights that are answered here',
  },
  {
    id: 'P34',
    promise:
      'An upgrade is judged like any other request, and ends with the token it was opened with. With a credential that a browser sends by itself, an upgrade, and a request that changes something, has to come from a page of the own origin.',
    mutations: [
      {
        guard: 'the look at where an upgrade is from',
        edits: [edit('auth/csrf.ts', " && !headers.has('upgrade')", '')],
        test: access('gets nothing by the cookie of Access: a WebSocket of another site'),
      },
      {
        guard: 'the look at where a form is from',
        edits: [
          edit('auth/csrf.ts', 'if (!isPerson || isFromTrusted', 'if (isPerson || isFromTrusted'),
        ],
        test: access('gets nothing by the cookie of Access: a form of another site'),
      },
      {
        guard: 'no neighbours',
        edits: [
          edit(
            'auth/csrf.ts',
            'return origin === originOf(location)',
            'return origin.endsWith(new URL(originOf(location)).hostname)',
          ),
        ],
        test: access('gets nothing by the cookie of Access: a form of a neighbour'),
      },
      {
        guard: 'who says nothing of where it is from',
        edits: [edit('auth/csrf.ts', '(?:origin|cookie|', '(?:origin|')],
        test: access(
          'gets nothing by the cookie of Access: a request that does not say where it is from',
        ),
      },
      {
        guard: '(a flaw is put in) upgrades pass',
        edits: [
          edit(
            'auth/admit.ts',
            'const verified = requirement ?',
            "const verified = requirement && !inbound.request.headers.has('upgrade') ?",
          ),
        ],
        test: paths('an upgrade where a token is needed'),
      },
    ],
  },
  {
    id: 'P35',
    promise:
      'Where a request goes comes from configuration; nothing in a request chooses its target.',
    mutations: [
      {
        guard: 'the configured origin',
        edits: [
          edit(
            'upstream/target.ts',
            "(target.kind === 'url' ? target.base : publicOrigin)",
            'publicOrigin',
          ),
        ],
        test: paths('a header that names another target'),
      },
      {
        guard: 'the grammar of the authority',
        edits: [edit('router.ts', '((?:[\\w.-]+|', '((?:[\\w.:@-]+|')],
        test: paths('a user in the authority'),
      },
    ],
  },
  {
    id: 'P36',
    promise:
      'Nothing is open that was not said to be: unmatched paths are 404, and a configuration with any problem, unknown options included, answers nothing but 500.',
    mutations: [
      {
        guard: 'the refusal of a configuration with problems',
        edits: [
          edit(
            'config/prepare.ts',
            'if (problems.length > 0) return { problems, compiled: undefined }',
            '',
          ),
        ],
        test: configs('an option that does not exist closes the gateway'),
      },
      {
        guard: 'the refusal of unknown options',
        edits: [
          edit(
            'options/options.ts',
            'if (!Object.hasOwn(entries, key)) add(key, explainUnknown(key, names, otherNames))',
            '',
          ),
        ],
        test: configs('a route option that does not exist'),
      },
    ],
  },
  {
    id: 'P37',
    promise:
      'An answer to a caller is private and not stored unless the origin says otherwise, and the origin is never read through a shared cache for one. What a route stores of it is given to no other caller, unless the route says so and the origin’s answer allows it; an answer with a cookie, or one that depends on everything, is never stored.',
    mutations: [
      {
        guard: 'the default',
        edits: [
          edit('edge/response.ts', "added.push(['cache-control', 'private, no-store'])", '{}'),
        ],
        test: responses('is kept by no cache unless the origin says so'),
      },
      {
        guard: 'who asks, in the key',
        edits: [
          edit(
            'edge/cache/key.ts',
            "return ['subject', ...principals.flatMap(identity)]",
            "return ['subject']",
          ),
        ],
        test: caching('is theirs alone with share: subject'),
      },
      {
        guard: 'rights, in the key',
        edits: [
          edit(
            'edge/cache/key.ts',
            'subject, JSON.stringify(rights)]',
            "subject, ''.slice(rights.length)]",
          ),
        ],
        test: caching('is not theirs any more when their rights are others'),
      },
      {
        guard: 'claims, in the key',
        edits: [
          edit('edge/cache/key.ts', 'group.push(JSON.stringify(value))', 'JSON.stringify(value)'),
        ],
        test: caching('is shared by those with the same claims'),
      },
      {
        guard: 'who lacks a claim',
        edits: [edit('edge/cache/key.ts', 'if (value === undefined) return undefined', '')],
        test: caching('is shared by those with the same claims'),
      },
      {
        guard: 'the origin’s word where there was a credential',
        edits: [
          edit('edge/cache/cached.ts', 'const hasCredential = known ||', 'const hasCredential ='),
        ],
        test: caching('is given to no other one'),
      },
      {
        guard: 'a cookie, which is a credential',
        edits: [edit('edge/cache/cached.ts', " || headers.has('cookie')", '')],
        test: caching('is not for a public route’s other visitors'),
      },
      {
        guard: 'Set-Cookie',
        edits: [edit('edge/cache/storable.ts', " || headers.has('set-cookie')", '')],
        test: caching('with a cookie is never stored'),
      },
      {
        guard: 'the headers in Vary',
        edits: [
          edit(
            'edge/cache/key.ts',
            'digest([primary, epoch, ...values])',
            'digest([primary, epoch, ...values.slice(values.length)])',
          ),
        ],
        test: caching('is one for each value of the headers in Vary'),
      },
      {
        guard: 'a change while the origin was asked',
        edits: [
          edit(
            'edge/cache/keeper.ts',
            '(changes.get(at.primary) ?? 0) > since',
            '(changes.get(at.primary) ?? 0) < 0',
          ),
        ],
        test: caching('is not what the origin said before a change'),
      },
      {
        guard: 'callers who would be refused, where rules are only tried out',
        edits: [edit('gateway.ts', 'trace.simulated ? undefined : trace.call', 'trace.call')],
        test: caching('is not for whoever would be refused, where rules are only tried out'),
      },
      {
        guard: 'tags that cannot be read',
        edits: [
          edit(
            'edge/cache/tags.ts',
            '  } catch {\n    return undefined',
            '  } catch {\n    return tags',
          ),
        ],
        test: purging('cannot be missed'),
      },
      {
        guard: 'the operator’s key',
        edits: [
          edit(
            'edge/cache/purge.ts',
            "if (!isSameKey(request.headers.get('x-operator-key') ?? '', operatorKey)) return refused(403)",
            '',
          ),
        ],
        test: purging('is for whoever has the key'),
      },
    ],
  },
  {
    id: 'P38',
    promise:
      'CORS: exact origins or one label more, no wildcard with credentials, Vary: Origin, headers on refusals too. Only a true preflight is answered without a credential, and none reaches a service.',
    mutations: [
      {
        guard: 'the list of origins',
        edits: [
          edit(
            'edge/cors.ts',
            "origins !== '*' && (origin === null || !isAllowed(origin))",
            'origin === null',
          ),
        ],
        test: corsTest(
          'may be read by pages of the origins and no other, and varies by origin for all',
        ),
      },
      {
        guard: 'the one label of a wildcard',
        edits: [edit('edge/cors.ts', '[a-z0-9_-]+(?=', '[a-z0-9_.-]+(?=')],
        test: corsTest('is one label, the first'),
      },
      {
        guard: 'no wildcard with credentials',
        edits: [edit('edge/cors-options.ts', "dataset.value.origins === '*'", 'false')],
        test: corsTest('never go with every origin, or with every header'),
      },
      {
        guard: 'Vary',
        edits: [edit('edge/cors.ts', '          varyByOrigin(answer)\n', '')],
        test: corsTest(
          'may be read by pages of the origins and no other, and varies by origin for all',
        ),
      },
      {
        guard: 'what the service says of CORS',
        edits: [edit('edge/cors.ts', 'for (const name of OWN) answer.delete(name)', 'OWN.at(0)')],
        test: corsTest('has what the gateway says of CORS once, in place of what its origin says'),
      },
      {
        guard: 'headers on refusals',
        edits: [
          edit(
            'gateway.ts',
            'if (cors) trace.finishes.push(cors.finish(request))',
            'if (cors && !refusal) trace.finishes.push(cors.finish(request))',
          ),
        ],
        test: corsTest('may be read by pages of the origins and no other'),
      },
      {
        guard: 'every cors, where no route is found',
        edits: [
          edit(
            'gateway.ts',
            'trace.match ? trace.match.route.parts.cors : compiled?.cors',
            'trace.match?.route.parts.cors',
          ),
        ],
        test: corsTest('before a route is found may be read by the origins of every route'),
      },
      {
        guard: 'a true preflight alone',
        edits: [edit('edge/preflight.ts', "!headers.has('origin')", 'false')],
        test: corsTest('is one only with an origin and a method'),
      },
      {
        guard: 'the preflight, which no service sees',
        edits: [
          edit(
            'gateway.ts',
            'const asked = preflight(location, gateway, trace)',
            'const asked = trace.match ? preflight(location, gateway, trace) : undefined',
          ),
        ],
        test: corsTest(
          'is answered without a credential and without the origin, where the route takes no OPTIONS',
        ),
      },
      {
        guard: 'credentials of listed origins alone',
        edits: [edit('edge/cors.ts', 'credentials && isAllowed(origin)', 'isAllowed(origin)')],
        test: corsTest(
          'that a browser sends by itself count from pages of these origins, and of no others',
        ),
      },
    ],
  },
  {
    id: 'P39',
    promise:
      'Refusals and log lines contain no token and no secret, and do not tell one bad token, or API key, from another to its sender; a log line is one JSON object. The secrets of API keys are kept as hashes and compared in constant time.',
    mutations: [
      {
        guard: 'the bland detail',
        edits: [edit('edge/problem.ts', 'options.detail ?? detail', 'error.message')],
        test: responses('says the same of every bad token'),
      },
      {
        guard: 'the hash of a key',
        edits: [
          edit(
            'auth/key/stored-key.ts',
            'return digest([id, secret])',
            "return Promise.resolve(id && secret.padEnd(43, '-'))",
          ),
        ],
        test: apiKeys('is kept as a hash alone'),
      },
      {
        guard: 'the comparison of secrets',
        edits: [
          edit(
            'auth/key/api-keys.ts',
            'return timingSafeEqual(encodeUtf8(hash), encodeUtf8(kept))',
            "return hash !== '' && kept !== ''",
          ),
        ],
        test: apiKeys('a secret that differs in its last character'),
      },
      {
        guard: 'the checksum of a key, before KV is asked',
        edits: [
          edit(
            'auth/key/key-text.ts',
            'return checksum === checksumOf(id, secret) ?',
            'return checksum !== undefined ?',
          ),
        ],
        test: apiKeys('a wrong checksum'),
      },
    ],
  },
  {
    id: 'P40',
    promise:
      'A limit on bodies counts the bytes that come, whoever reads them and whatever is said of their length; no more reach the origin, and what is longer never looks whole to one that has not answered.',
    mutations: [
      {
        guard: 'the count',
        edits: [edit('upstream/upload.ts', 'if (chunk) count?.(chunk.byteLength)\n', '')],
        test: bodies('is refused when it gets there, in many pieces'),
      },
      {
        guard: 'the last byte',
        edits: [edit('edge/body-limit.ts', 'if (left < 0)', 'if (left < -1)')],
        test: bodies('is refused when it gets there, by its last byte'),
      },
      {
        guard: 'the count of a body that says its length',
        edits: [
          edit(
            'upstream/upload.ts',
            'if (!count && length !== undefined',
            'if (length !== undefined',
          ),
        ],
        test: bodies('is counted also where it says that it has 10'),
      },
      {
        guard: 'the refusal of a length that is announced',
        edits: [edit('edge/body-limit.ts', 'if (announced > maxBytes)', 'if (announced < 0)')],
        test: bodies('is refused at once where it says so'),
      },
      {
        guard: 'the count of what the gateway reads itself',
        edits: [edit('upstream/request.ts', 'if (read) count?.(read.byteLength)\n', '')],
        test: bodies('is counted too where the gateway reads it itself'),
      },
      {
        guard: 'the end of the request to the origin',
        edits: [
          edit('upstream/upload.ts', 'broken.abort(error)\n', 'sink.close().catch(() => {})\n'),
        ],
        test: connections('that crosses the limit is 413, and the origin never takes it for whole'),
      },
      {
        guard: 'the end of what a handler reads',
        edits: [edit('upstream/target.ts', 'if (upload) failWith(upload)\n', '')],
        test: bodies('is refused to a handler that reads it'),
      },
    ],
  },
  {
    id: 'P41',
    promise:
      'Any request is answered; what a client sends is at worst a 4xx, and a fault within, the owner’s refusal included, closes the door. The one switch that lets refused callers through says so in its name (dangerouslySimulate), makes them nobody, and covers no outage and nothing but who they are and what they may.',
    mutations: [
      {
        guard: 'the one catch',
        edits: [
          edit(
            'gateway.ts',
            'refusal = toGatewayError(error)\n',
            'throw error\n        refusal = toGatewayError(error)\n',
          ),
        ],
        test: responses('of a handler closes the door, and says nothing'),
      },
      {
        guard: 'the grammar of names in Connection',
        edits: [edit('upstream/header-names.ts', '.filter((name) => TOKEN.test(name))', '')],
        test: workers('fuzz/found', 'an answer whose Connection header says'),
      },
      {
        guard: 'the fall back from the owner’s refusal',
        edits: [
          edit(
            'edge/refusal.ts',
            '  } catch (cause) {\n',
            '  } catch (cause) {\n    if (cause) throw cause\n',
          ),
        ],
        test: refusals('that throws is not used, and the log says why'),
      },
      {
        guard: 'the status of a refusal',
        edits: [edit('edge/refusal.ts', 'isFit ? answer.status : status', 'answer.status')],
        test: refusals('never one of success'),
      },
      {
        guard: 'what simulation covers',
        edits: [
          edit(
            'edge/simulate.ts',
            "return status === 401 || code === 'insufficient_scope' || code === 'forbidden'",
            'return status < 600 && code.length > 0',
          ),
        ],
        test: simulation('leaves an outage what it is'),
      },
      {
        guard: 'nobody as the caller of a simulated refusal',
        edits: [
          edit('edge/simulate.ts', '    return []\n', '    return trace.call?.principals ?? []\n'),
        ],
        test: simulation('lets somebody without a right through as nobody'),
      },
      {
        guard: 'the credentials of other schemes, where a refusal is simulated',
        edits: [
          edit(
            'config/header-rules.ts',
            'withheld: withheldAt(others)',
            'withheld: withheldAt([])',
          ),
        ],
        test: simulation('shows the service what its own schemes read'),
      },
      {
        guard: 'handlers, which nobody stands behind',
        edits: [
          edit('config/compile.ts', " && required && target.kind !== 'handler'", ' && required'),
        ],
        test: simulation('but where it answers itself'),
      },
    ],
  },
  {
    id: 'P42',
    promise:
      'DPoP: a token that is bound to a key comes with one proof of that key for this method, address, token and moment, with a nonce where the owner wants one, and each proof is taken once; where that cannot be said, it is 503. A token that is bound to a certificate comes from the client that has shown it.',
    mutations: [
      {
        guard: 'the typ',
        edits: [edit('auth/possession/proof.ts', "typ !== 'dpop+jwt'", 'false')],
        test: proofs('with another typ'),
      },
      {
        guard: 'the algorithms',
        edits: [
          edit(
            'auth/possession/proof.ts',
            'if (!algorithms.includes(algorithm))',
            'if (algorithms.length === 0)',
          ),
        ],
        test: proofs('of an algorithm that the owner does not allow'),
      },
      {
        guard: 'the private members',
        edits: [
          edit(
            'auth/possession/proof.ts',
            'PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))',
            'false',
          ),
        ],
        test: proofs('with the private part of its key, also where that is right'),
      },
      {
        guard: 'the key of the token',
        edits: [edit('auth/possession/proof.ts', 'thumbprint !== bound', 'false')],
        test: proofs('of another client for its own token, with what a thief has'),
      },
      {
        guard: 'the signature',
        edits: [
          edit(
            'auth/possession/proof.ts',
            '!(await key.verify(proof.algorithm, proof.signature, proof.signedBytes))',
            'false',
          ),
        ],
        test: proofs('that another key has signed'),
      },
      {
        guard: 'the method',
        edits: [edit('auth/possession/proof.ts', 'htm !== request.method', 'htm === undefined')],
        test: proofs('with another method'),
      },
      {
        guard: 'the address',
        edits: [edit('auth/possession/proof.ts', '!isTarget(htu, location)', "htu === ''")],
        test: proofs('with another path'),
      },
      {
        guard: 'the case of a path',
        edits: [
          edit(
            'auth/possession/target-uri.ts',
            '.toLowerCase() + canonical',
            '.toLowerCase() + canonical.toLowerCase()',
          ),
        ],
        test: proofs('with its path in another case'),
      },
      {
        guard: 'the hash of the token',
        edits: [
          edit('auth/possession/proof.ts', 'proof.claims.ath !== (await sha256(token))', 'false'),
        ],
        test: proofs('with the hash of another token'),
      },
      {
        guard: 'the age',
        edits: [
          edit(
            'auth/possession/proof.ts',
            'if (madeAt + maxAgeSeconds < now)',
            'if (madeAt + maxAgeSeconds < 0)',
          ),
        ],
        test: proofs('with an iat that is too old'),
      },
      {
        guard: 'the future',
        edits: [
          edit(
            'auth/possession/proof.ts',
            'if (madeAt > now + CLOCK_SKEW_SECONDS)',
            'if (madeAt > Infinity)',
          ),
        ],
        test: proofs('with an iat in the future'),
      },
      {
        guard: 'one header',
        edits: [edit('auth/possession/proof.ts', "text.includes(',')", "text === ','")],
        test: proofs('that is one of two'),
      },
      {
        guard: 'the length of a proof',
        edits: [
          edit(
            'auth/possession/proof.ts',
            'text.length > MAX_PROOF_LENGTH',
            'text.length > 100_000',
          ),
        ],
        test: proofs('that is no JWT, is longer than it may be, or has a repeated member'),
      },
      {
        guard: 'the length of jti',
        edits: [edit('auth/possession/proof.ts', ' && jti.length <= MAX_JTI_LENGTH', '')],
        test: proofs('with a jti of 257 characters'),
      },
      {
        guard: 'the refusal as Bearer',
        edits: [edit('auth/possession/dpop.ts', 'if (!asDpop)', 'if (!asDpop && required)')],
        test: dpop('is refused as plain Bearer, with and without a proof'),
      },
      {
        guard: 'the refusal of an unbound token as DPoP',
        edits: [
          edit('auth/possession/dpop.ts', 'if (asDpop) throw', 'if (asDpop && required) throw'),
        ],
        test: dpop('is taken as Bearer, with or without a proof, and refused as DPoP'),
      },
      {
        guard: 'required',
        edits: [edit('auth/possession/dpop.ts', 'if (required)\n', 'if (required && asDpop)\n')],
        test: dpop(
          'is refused where every token has to be bound, and the challenge names DPoP alone',
        ),
      },
      {
        guard: 'the check on every request',
        edits: [
          edit(
            'auth/possession/guarded.ts',
            'const finish = possession.check(bound, evidence, inbound, scope)',
            'if (seen.has(verdict.principal)) return verdict\n    seen.add(verdict.principal)\n    const finish = possession.check(bound, evidence, inbound, scope)',
          ),
          edit(
            'auth/possession/guarded.ts',
            'boundTokens } = possession\n',
            'boundTokens } = possession\n  const seen = new WeakSet()\n',
          ),
        ],
        test: dpop('is judged with every request, also when its signature was proven before'),
      },
      {
        guard: 'the nonce',
        edits: [
          edit(
            'auth/possession/dpop.ts',
            'if (await nonces.takes(nonce)) return finish',
            'if (nonces) return finish',
          ),
        ],
        test: dpop('is asked for with the one to use, which then is good'),
      },
      {
        guard: 'the end of a nonce',
        edits: [
          edit(
            'auth/possession/nonces.ts',
            '(await nonceOf(slot - 1))',
            '(await nonceOf(slot - 1)) || nonce === (await nonceOf(slot - 2))',
          ),
        ],
        test: dpop('is replaced in an answer when there is a newer one, and ends after two turns'),
      },
      {
        guard: 'the memory',
        edits: [edit('auth/possession/dpop.ts', 'if (!isNew)', 'if (isNew === undefined)')],
        test: replays('is taken once'),
      },
      {
        guard: 'the outage of the memory',
        edits: [
          edit(
            'auth/possession/replay.ts',
            "throw new GatewayError('issuer_unavailable', {",
            "if (cause) return true\n        throw new GatewayError('issuer_unavailable', {",
          ),
        ],
        test: replays('that fails is an outage'),
      },
      {
        guard: 'the kind of its answer',
        edits: [
          edit(
            'auth/possession/replay.ts',
            "if (typeof isNew === 'boolean') return isNew",
            'return Boolean(isNew)',
          ),
        ],
        test: replays('that answers a text is an outage'),
      },
      {
        guard: 'one place for one key',
        edits: [
          edit(
            'state/proofs.ts',
            'if (taken.toArray().length === 0) return false',
            'taken.toArray()',
          ),
        ],
        test: state('are new to one of a hundred who bring the same at once'),
      },
      {
        guard: 'the time of memory',
        edits: [
          edit(
            'state/proofs.ts',
            "'DELETE FROM proofs WHERE forget_at <= ?', this.#now()",
            "'DELETE FROM proofs WHERE forget_at > ?', 0",
          ),
        ],
        test: state('are forgotten when they are over and not before'),
      },
      {
        guard: 'the limit of memory',
        edits: [edit('state/proofs.ts', 'count >= MAX_PROOFS', 'count < 0')],
        test: state('have a limit for each key'),
      },
      {
        guard: 'the header that origins do not see',
        edits: [
          edit('auth/possession/dpop.ts', 'withholds: [{ header: PROOF_HEADER }]', 'withholds: []'),
        ],
        test: proofs('stays here, as does its token'),
      },
      {
        guard: 'the certificate',
        edits: [edit('auth/possession/mtls.ts', 'if (shown !== bound)', 'if (shown === bound)')],
        test: certificates('is refused where another was shown'),
      },
      {
        guard: 'the verification of the certificate',
        edits: [edit('auth/possession/mtls.ts', "shown.certVerified !== 'SUCCESS' || ", '')],
        test: certificates('is refused where it was not verified'),
      },
    ],
  },
  {
    id: 'P43',
    promise:
      "Signed links: what is signed, the end included, goes into the MAC with lengths, keys have 32 bytes or more, and the token has one place and one spelling. In Cloudflare's format, which signs no host and has no lengths, the time is ten digits and the methods are GET and HEAD.",
    mutations: [
      {
        guard: 'the signature',
        edits: [
          edit(
            'auth/link/scheme.ts',
            'if (await key.verify(message, mac)) return true',
            'return true',
          ),
        ],
        test: links('is refused with another query'),
      },
      {
        guard: 'the time in the MAC',
        edits: [edit('auth/link/message.ts', '...reach, timestamp, user', "...reach, '', user")],
        test: links('is refused with a later time'),
      },
      {
        guard: 'the host in the MAC',
        edits: [
          edit(
            'auth/link/message.ts',
            "['read', hostname, path, search]",
            "['read', '', path, search]",
          ),
        ],
        test: links('is refused with another host'),
      },
      {
        guard: 'the lengths',
        edits: [
          edit(
            'auth/link/message.ts',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
            '`${encodeUtf8(part).length}:${part}`',
            'part',
          ),
        ],
        test: links('cannot give the end of one part to the next'),
      },
      {
        guard: 'the end',
        edits: [edit('auth/link/scheme.ts', 'now >= expiresAt', 'now > expiresAt')],
        test: linkRules('is good until the second in which it ends'),
      },
      {
        guard: 'the future',
        edits: [
          edit(
            'auth/link/scheme.ts',
            'time > now + (expires?.maxSeconds ?? 0) + clockSkewSeconds',
            'time < 0',
          ),
        ],
        test: linkRules('from the future is refused, but for the clock of who signs'),
      },
      {
        guard: 'the place',
        edits: [edit('auth/link/scheme.ts', 'count > 1 || ', '')],
        test: links('is refused where a parameter of that name was signed'),
      },
      {
        guard: 'ten digits',
        edits: [
          edit(
            'auth/link/token.ts',
            'const BASE64 = /^([0-9]{10})',
            'const BASE64 = /^([0-9]{9,10})',
          ),
        ],
        test: links('a digit of the timestamp moved into the path'),
      },
      {
        guard: 'the methods',
        edits: [
          edit('auth/link/scheme.ts', '!isHead && !methods.includes(request.method)', 'false'),
        ],
        test: links('is not for POST'),
      },
      {
        guard: 'whole segments',
        edits: [
          edit(
            'auth/link/scheme.ts',
            'token.segments !== undefined && canonicalPath(path) === undefined',
            'false',
          ),
        ],
        test: linkRules('covers no path that an origin may read as a way out'),
      },
      {
        guard: 'the kind of link in the MAC',
        edits: [edit('auth/link/message.ts', "['prefix', hostname", "['read', hostname")],
        test: linkRules('is not made of a link to the path alone'),
      },
      {
        guard: 'the segments of a prefix',
        edits: [
          edit('auth/link/message.ts', "segments.length < count || segments.includes('')", 'false'),
        ],
        test: linkRules('signs no segment that is empty, or is not there'),
      },
      {
        guard: 'what is bound',
        edits: [
          edit('auth/link/message.ts', 'timestamp, user, address, cookie]', 'timestamp, user]'),
        ],
        test: linkRules('is for the address that it was made for'),
      },
      {
        guard: 'the length of a key',
        edits: [edit('options/secret.ts', 'length < MIN_SECRET_BYTES', 'length < 1')],
        test: workers('auth/link/options', 'a key that is too short'),
      },
      {
        guard: 'what origins do not see',
        edits: [edit('auth/link/scheme.ts', 'withholds: [from]', 'withholds: []')],
        test: linkRules('is let in, and the origin gets the rest of the query byte by byte'),
      },
    ],
  },
  {
    id: 'P44',
    promise:
      'Names under which anything is kept are hashes of parts with their lengths, or the exact token.',
    mutations: [
      {
        guard: 'the lengths',
        edits: [
          edit(
            'lib/bytes.ts',
            'const text = parts.map(',
            "const text = parts.join(':') || parts.map(",
          ),
        ],
        test: workers('lib/parsing', 'differs for lists that would join to the same text'),
      },
      {
        guard: 'the hash in the name of a key',
        edits: [
          edit('auth/key/stored-key.ts', 'KEY_PREFIX + (await digest([id]))', 'KEY_PREFIX + id'),
        ],
        test: workers('auth/key/stored-key', 'has another name and another hash'),
      },
    ],
  },
  {
    id: 'P45',
    promise:
      'A bad credential is 401 with a challenge, a lack of rights 403, an issuer, or a store of API keys, that cannot be asked 503 with Retry-After.',
    mutations: [
      {
        guard: 'the outage',
        edits: [
          edit(
            'auth/bearer/jwks.ts',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
            "that may be used${why}`\n      throw new GatewayError('issuer_unavailable', {",
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
            "that may be used${why}`\n      throw new GatewayError('invalid_token', {",
          ),
        ],
        test: keys('no JSON is an outage, and the next good one ends it'),
      },
      {
        guard: 'the challenge',
        edits: [edit('auth/bearer/challenge.ts', "  invalid_token: 'invalid_token',\n", '')],
        test: responses('invalid_token has its challenge'),
      },
      {
        guard: 'the outage of what Cloudflare Access is asked',
        edits: [
          edit('auth/access/identity.ts', 'status === 401 || status === 403', 'status !== 200'),
        ],
        test: access('is 503 where the answer is an error'),
      },
      {
        guard: 'the outage of the store of keys',
        edits: [
          edit(
            'auth/key/keyring.ts',
            "throw unavailable('the store of keys does not answer', RETRY_SECONDS, cause)",
            'return cause ? undefined : undefined',
          ),
        ],
        test: workers('auth/key/api-keys', 'is 503 with Retry-After at first'),
      },
      {
        guard: 'a damaged value, which is no verdict',
        edits: [
          edit(
            'auth/key/keyring.ts',
            "if (!key) throw unavailable('what the store has under the key is no key', RETRY_SECONDS)",
            'if (!key) return undefined',
          ),
        ],
        test: workers('auth/key/keyring', 'has no verdict where the value is damaged'),
      },
      {
        guard: 'the strict form of what is kept of a key',
        edits: [edit('auth/key/stored-key.ts', 'success && output.id === id', 'success')],
        test: workers('auth/key/keyring', 'takes no key from under the name of another'),
      },
      {
        guard: 'the expiry of a key',
        edits: [edit('auth/key/api-keys.ts', 'if (now() >= end.at)', 'if (end.at < 0)')],
        test: workers('auth/key/api-keys', 'is 401 from the second of its expiry on'),
      },
      {
        guard: 'the challenge beside an owner’s refusal',
        edits: [
          edit('edge/refusal.ts', 'if (!all.has(name)) all.set(name, value)', 'all.has(name)'),
        ],
        test: refusals('keeps status and headers that it does not set'),
      },
    ],
  },
  {
    id: 'P46',
    promise:
      'A token that was revoked is refused by every isolate within 60 s of the mark; marks only move forward; what cannot be read is no permission.',
    mutations: [
      {
        guard: 'the check itself',
        edits: [
          edit(
            'operate/revocation/revocation.ts',
            'if (isRevoked(principal, marks)) throw',
            'if (!marks) throw',
          ),
        ],
        test: revoked('is refused as invalid_token, and the log says why'),
      },
      {
        guard: 'the age of the copy',
        edits: [edit('operate/revocation/ledger.ts', 'age < MAX_AGE_SECONDS', 'age < 1e9')],
        test: revoked('on the subject in sub ends its tokens'),
      },
      {
        guard: 'the refresh in the background',
        edits: [
          edit(
            'operate/revocation/ledger.ts',
            'if (isDue) scope.waitUntil(refresh())',
            'void isDue',
          ),
        ],
        test: revoked('holds in every instance after 60 s'),
      },
      {
        guard: 'marks that only move forward',
        edits: [
          edit(
            'state/marks.ts',
            'before = max(before, ?2), until = max(until, ?3)',
            'before = ?2, until = max(until, ?3)',
          ),
          edit('state/marks.ts', 'WHERE ?2 > before OR ?3 > until', 'WHERE true'),
          edit(
            'operate/revocation/ledger.ts',
            'Math.max(before, marks.get(name) ?? -Infinity)',
            'before',
          ),
        ],
        test: revoked('only moves forward'),
      },
      {
        guard: 'the doubt about a token without iat',
        edits: [
          edit('operate/revocation/marks.ts', '?? -Infinity\n  return', '?? Infinity\n  return'),
        ],
        test: revoked('ends a token that does not say when it was issued'),
      },
      {
        guard: 'the mark for everybody, where there are too many',
        edits: [edit('state/marks.ts', 'this.#move(EVERYBODY, all.before, all.until)', '')],
        test: revoked('end all tokens of the issuer, and lose none'),
      },
      {
        guard: 'the end of what lives longer than marks',
        edits: [
          edit(
            'operate/revocation/revocation.ts',
            'expiresAt - issuedAt > keepSeconds + SKEW_SECONDS',
            'expiresAt < 0',
          ),
        ],
        test: revoked('a token that lives longer than marks are kept'),
      },
      {
        guard: 'the end of patience',
        edits: [
          edit(
            'operate/revocation/ledger.ts',
            'now() - readAt < maxOutageSeconds ||',
            'maxOutageSeconds >= 0 ||',
          ),
        ],
        test: revoked('what is known holds for five minutes, then it is 503'),
      },
    ],
  },
  {
    id: 'P47',
    promise:
      "An issuer's event is believed only if it is signed over its whole body by that issuer, and an operator only with the whole key.",
    mutations: [
      {
        guard: 'the signature of a logout token',
        edits: [
          edit('auth/bearer/logout-token.ts', 'if (await search(keys)) return', 'if (keys) return'),
        ],
        test: workers('operate/revocation/backchannel-logout', 'that a foreign key signed'),
      },
      {
        guard: 'the type of a logout token',
        edits: [
          edit(
            'auth/bearer/logout-token.ts',
            'if (typ !== undefined && !TYPES.includes(String(typ).toLowerCase()))',
            'if (typ === TYPES)',
          ),
        ],
        test: workers('operate/revocation/backchannel-logout', 'that is an access token'),
      },
      {
        guard: 'the client of a logout token',
        edits: [
          edit(
            'auth/bearer/logout-token.ts',
            'if (![aud].flat().includes(clientId))',
            'if (aud === clientId.length)',
          ),
        ],
        test: workers('operate/revocation/backchannel-logout', 'for another client'),
      },
      {
        guard: 'the event of a logout token',
        edits: [
          edit(
            'auth/bearer/logout-token.ts',
            '!isObject(events[EVENT])',
            'events[EVENT] === EVENT',
          ),
        ],
        test: workers('operate/revocation/backchannel-logout', 'without the event'),
      },
      {
        guard: 'the age of a logout token',
        edits: [edit('auth/bearer/logout-token.ts', 'if (now >= until)', 'if (now >= Infinity)')],
        test: workers('operate/revocation/backchannel-logout', 'that is old'),
      },
      {
        guard: 'the hash of the body',
        edits: [
          edit(
            'operate/revocation/body-signature.ts',
            ' || !(await isHashOf(compact.claims.request_body_sha256, body))',
            ' || !body',
          ),
        ],
        test: revoked('with the signature of another body'),
      },
      {
        guard: 'the signature',
        edits: [
          edit(
            'operate/revocation/body-signature.ts',
            'return (await keySet.refreshAfterMiss(search, scope)) !== undefined',
            'return true',
          ),
        ],
        test: revoked('signed by another key'),
      },
      {
        guard: 'the one claim',
        edits: [
          edit(
            'operate/revocation/body-signature.ts',
            "names.length === 1 && names[0] === 'request_body_sha256'",
            'names.length > 0',
          ),
        ],
        test: revoked('with an access token that has the claim too'),
      },
      {
        guard: 'the time of the event',
        edits: [
          edit(
            'operate/revocation/fusionauth-events.ts',
            ' || createdAt > now() + MAX_AHEAD_SECONDS',
            '',
          ),
        ],
        test: revoked('of tomorrow'),
      },
      {
        guard: 'the bound on its size',
        edits: [edit('lib/read-body.ts', 'total > maxBytes', 'total < 0')],
        test: revoked('of more than 256 KiB'),
      },
      {
        guard: 'the operator key',
        edits: [edit('auth/operator.ts', 'if (isSameKey(shown, key)) return', 'return')],
        test: revoked('is refused, without a key, with a wrong one'),
      },
      {
        guard: 'its length',
        edits: [
          edit('auth/operator.ts', 'return isSame && one.length === other.length', 'return isSame'),
        ],
        test: revoked('is refused, without a key, with a wrong one'),
      },
      {
        guard: 'the bound on guesses',
        edits: [edit('auth/operator.ts', 'wrong > MAX_WRONG', 'wrong < 0')],
        test: revoked('after many wrong ones for a minute'),
      },
    ],
  },
  {
    id: 'P48',
    promise:
      'An assertion says to one origin, for 60 seconds at most and no longer than the credentials it is made of, who was verified; nobody else can make one.',
    mutations: [
      {
        guard: 'the names that only the gateway sets',
        edits: [edit('upstream/header-names.ts', '/^(?:x-auth-|x-forwarded-', '/^(?:x-forwarded-')],
        test: proof('is never one that a client has sent, on any route'),
      },
      {
        guard: 'the end of the credentials',
        edits: [edit(ASSERTION, 'Math.min(now + LIFE_SECONDS, ...ends)', 'now + LIFE_SECONDS')],
        test: proof('ends with the credential that it was made of'),
      },
      {
        guard: 'an assertion of its own for several credentials',
        edits: [
          edit(ASSERTION, 'others.length === 0 ? (principal ?? facts) : {}', 'principal ?? facts'),
        ],
        test: proof('ends with the credential that it was made of'),
      },
      {
        guard: 'the end of reuse',
        edits: [edit(ASSERTION, 'known && known.from <= now && now < known.until', 'known')],
        test: proof('is sent again for half of its life'),
      },
      {
        guard: 'one assertion for one caller',
        edits: [edit(ASSERTION, '(principal ?? facts) : {}', 'facts : {}')],
        test: proof('is sent again for half of its life'),
      },
      {
        guard: 'none for a request that would be refused',
        edits: [edit('gateway.ts', 'assertion && !trace.simulated ?', 'assertion ?')],
        test: proof('is not made for a request that is let through'),
      },
      {
        guard: 'the limit of a header',
        edits: [
          edit('upstream/request.ts', 'proof.length > MAX_HEADER_LENGTH', 'proof.length < 0'),
        ],
        test: proof('that would be too long for a header is left out'),
      },
      {
        guard: 'the public part alone is published',
        edits: [
          edit(
            'upstream/assertion/key.ts',
            'published = { ...material, kid',
            'published = { ...jwk, kid',
          ),
        ],
        test: proof('are public parts alone, of all keys of all routes'),
      },
      {
        guard: 'a key whose parts belong together',
        edits: [
          edit(
            'upstream/assertion/key.ts',
            'if (await crypto.subtle.verify(parameters, shown, signature, message)) return own',
            'if (signature && shown) return own',
          ),
        ],
        test: proof('is not signed with a key whose parts do not belong together'),
      },
    ],
  },
  {
    id: 'P49',
    promise:
      'What a client sends as request id, traceparent or tracestate is passed on and logged only if it is well-formed.',
    mutations: [
      {
        guard: 'the form of a request id',
        edits: [
          edit(
            'operate/tracing.ts',
            'if (sentId !== null && REQUEST_ID.test(sentId))',
            'if (sentId !== null && REQUEST_ID)',
          ),
        ],
        test: traces('that has a quote is made anew'),
      },
      {
        guard: 'no state without a parent',
        edits: [
          edit(
            'operate/tracing.ts',
            'const state = parent && readTraceState',
            'const state = readTraceState',
          ),
        ],
        test: traces('starts where there is a state alone'),
      },
      {
        guard: 'the form of a state',
        edits: [edit('operate/trace-context.ts', 'names.includes(undefined) ||', '')],
        test: workers('operate/trace-context', 'has two @ is dropped as a whole'),
      },
      {
        guard: 'the forbidden version',
        edits: [edit('operate/trace-context.ts', " || version === 'ff'", '')],
        test: workers('operate/trace-context', 'has the version ff is not continued'),
      },
    ],
  },
  {
    id: 'P50',
    promise:
      'Limits: with the state Worker, of one key at most N requests pass at one moment and at most 2N − 1 in any stretch below the period, from however many gateways; by address, a limit is counted before any credential is read, at the gateway’s own addresses too; what is counted stands under a hash; a count that does not come is open or closed as the owner says, within the time that it says.',
    mutations: [
      {
        guard: 'the end of what may pass',
        edits: [edit('state/gcra.ts', 'after(enough) <= full ? enough : 0', 'enough')],
        test: limits('lets N of 1,000 pass that come at once on one key to ten gateways'),
      },
      {
        guard: 'what has been used',
        edits: [edit('state/gcra.ts', '(used?.level ?? 0) - drained', '0 - drained')],
        test: {
          project: 'node',
          file: 'test/state/gcra.test.ts',
          name: 'lets at most N pass at one moment, and at most 2N',
        },
      },
      {
        guard: 'one key, one object',
        edits: [
          edit(
            'edge/limit/engine.ts',
            'readUInt32BE() % shards',
            'readUInt32BE() % shards + Math.random()',
          ),
        ],
        test: limits('lets N of 1,000 pass that come at once on one key to ten gateways'),
      },
      {
        guard: 'what is written, not only remembered',
        edits: [
          edit(
            'state/limits.ts',
            'CREATE TABLE IF NOT EXISTS used (',
            'DROP TABLE IF EXISTS used; CREATE TABLE IF NOT EXISTS used (',
          ),
        ],
        test: {
          project: 'node',
          file: 'test/state/state.test.ts',
          name: 'forgets nothing when the object has left memory',
        },
      },
      {
        guard: 'the address, before authentication',
        edits: [
          edit(
            'gateway.ts',
            '  if (route.parts.limit) await route.parts.limit.admit(inbound, trace)\n',
            '',
          ),
        ],
        test: limits('is an address before anybody is asked who they are'),
      },
      {
        guard: 'what an issuer tells, which no limit refuses',
        edits: [
          edit(
            'config/route-parts.ts',
            '...(limit && !mustGetThrough && { limit }),',
            '...(limit && { limit }),',
          ),
        ],
        test: session('holds for what people ask here, and loses no logout', 'logout'),
      },
      {
        guard: 'a logout for revocation, which no limit refuses',
        edits: [
          edit(
            'operate/revocation/backchannel-logout.ts',
            'mustGetThrough: true',
            'mustGetThrough: false',
          ),
        ],
        test: workers('operate/revocation/backchannel-logout', 'gets through whatever limit'),
      },
      {
        guard: 'the /64',
        edits: [edit('edge/limit/counted.ts', '.slice(0, 4)', '.slice(0, 8)')],
        test: limits('of the address'),
      },
      {
        guard: 'the hash',
        edits: [
          edit(
            'edge/limit/limit.ts',
            'await digest([...scope, ...whose])',
            '[...scope, ...whose].join()',
          ),
        ],
        test: limits(
          'is said by subject, client, key or claim, and who has none counts by its subject',
        ),
      },
      {
        guard: 'the time that a count may take',
        edits: [
          edit(
            'edge/limit/limit.ts',
            "await withinMs(count, waitSeconds * 1_000, 'no count')",
            'await engine.take(key, requests, cost)',
          ),
        ],
        test: limits('hangs'),
      },
      {
        guard: 'the closed door',
        edits: [
          edit(
            'edge/limit/limit.ts',
            "if (onFailure === 'open') note(why)",
            "if (onFailure !== 'x') note(why)",
          ),
        ],
        test: limits('closes the door where the owner says so'),
      },
      {
        guard: 'the plans of the owner alone',
        edits: [
          edit('edge/limit/limit.ts', 'Object.hasOwn(requests.of, plan)', 'plan in requests.of'),
        ],
        test: limits('is as high as the plan that a claim names'),
      },
      {
        guard: 'the count of calls of tools that are refused',
        edits: [
          edit(
            'auth/admit.ts',
            '  if (limit?.meterOperation) await limit.meterOperation(notes.call, operation, notes)\n  operation.permit(principals)\n',
            '  operation.permit(principals)\n  if (limit?.meterOperation) await limit.meterOperation(notes.call, operation, notes)\n',
          ),
        ],
        test: toolLimits('counts calls that are refused'),
      },
      {
        guard: 'the rule of the tool in its count',
        edits: [
          edit(
            'edge/limit/limit.ts',
            "countedFor(one, call, ['tool', name])",
            'countedFor(one, call)',
          ),
        ],
        test: toolLimits("counts each tool by itself with 'each'"),
      },
      {
        guard: 'one lease at a time',
        edits: [edit('edge/limit/engine.ts', 'now() < (asking.get(key) ?? 0)', 'false')],
        test: workers('edge/lease', 'is shared by the requests that come while it is on its way'),
      },
      {
        guard: 'the gateway’s own addresses',
        edits: [edit('config/route-parts.ts', '...(limit && !mustGetThrough && { limit }),', '')],
        test: workers('edge/own-endpoints', 'is within the limit by address of every'),
      },
    ],
  },
  {
    id: 'P51',
    promise:
      'A login ends in the browser that began it, within ten minutes and once, in a session whose token the gateway takes, and leads to no other origin.',
    mutations: [
      {
        guard: 'the entry that began it',
        edits: [
          edit(
            'session/sessions.ts',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
            'createVault(keys, `login ${options.path}`)',
            "createVault(keys, 'login')",
          ),
        ],
        test: session('of a login counts only where the login began', 'login'),
      },
      {
        guard: 'the end of a login',
        edits: [edit('session/login.ts', 'now() >= begun.startedAt + LOGIN_SECONDS', 'now() < 0')],
        test: session('is late after ten minutes', 'login'),
      },
      {
        guard: 'the check of where to come back to',
        edits: [
          edit(
            'session/return-to.ts',
            'export function isOwnPath(path: string): boolean {',
            'export function isOwnPath(path: string): boolean {\n  if (path) return true',
          ),
        ],
        test: session('may not be', 'login'),
      },
      {
        guard: 'the look at the access token',
        edits: [
          edit(
            'session/login.ts',
            'await judgeTokens(tokens, inbound, scope, options)',
            '{ claims: {} } as Principal',
          ),
        ],
        test: session('is no session where schemes.main would refuse its token', 'login'),
      },
      {
        guard: 'the end of its cookie',
        edits: [
          edit(
            'session/login.ts',
            "    headers.append('set-cookie', clearCookie(cookie))\n    for",
            '    for',
          ),
        ],
        test: session('goes to the issuer and back', 'login'),
      },
    ],
  },
  {
    id: 'P52',
    promise:
      'A session has an id that was made here, is new at each login, and stands alone; an invented one costs no call.',
    mutations: [
      {
        guard: 'the whole cookie, and not a part of another',
        edits: [edit('lib/cookies.ts', "PREFIXED.test(name) ? ';' : SEPARATOR", 'SEPARATOR')],
        test: session('counts by its name alone, and not in the value of another one', 'login'),
      },
      {
        guard: 'a space that is none',
        edits: [
          edit(
            'lib/cookies.ts',
            'nameOf(pair) === name && !/[^\\S\\t ]/.test',
            'nameOf(pair) === name && !/never/.test',
          ),
        ],
        test: session('counts by its name alone, and not after a space that is none', 'login'),
      },
      {
        guard: 'the entry that it is of',
        edits: [
          edit(
            'session/sessions.ts',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template
            'createVault(keys, `session ${options.path}`)',
            "createVault(keys, 'session')",
          ),
        ],
        test: session('of one entry is none of another entry with the same keys', 'login'),
      },
      {
        guard: 'the proof in an id',
        edits: [
          edit(
            'session/vault.ts',
            'if (timingSafeEqual(derived.proof, bytes.slice(SEED_BYTES))) return',
            'return',
          ),
        ],
        test: session('altered in any place is 401', 'login'),
      },
      {
        guard: 'the end of the session before',
        edits: [
          edit('session/sessions.ts', '      endBefore(inbound, cookie, keeper, scope)\n', ''),
        ],
        test: session('gives a new id each time, and ends the session that was there', 'login'),
      },
      {
        guard: 'the refusal of several',
        edits: [
          edit(
            'session/sessions.ts',
            "if (value === undefined || typeof value === 'string') return value",
            'if (value) return [value].flat()[0]',
          ),
        ],
        test: session('there twice with two values', 'login'),
      },
    ],
  },
  {
    id: 'P53',
    promise:
      'A session is refreshed once, however many ask; an outage ends none, what the issuer gave is not lost, and what has ended does not come back.',
    mutations: [
      {
        guard: 'the lock',
        edits: [
          edit('state/session.ts', 'if (!held || now >= held.until) {', 'if (held !== null) {'),
        ],
        test: session('is refreshed once for a hundred requests at once'),
      },
      {
        guard: 'the bound for who asks again and again',
        edits: [
          edit(
            'session/refresh-lock.ts',
            '      await keepFresh(tokens, refreshToken).catch(() => {})\n',
            '      void keepFresh\n',
          ),
        ],
        test: session('lets nobody make the issuer work all the time', 'fusionauth-app'),
      },
      {
        guard: 'the difference between a refusal and an outage',
        edits: [
          edit(
            'session/client.ts',
            "if (error instanceof ResponseBodyError && error.error === 'invalid_grant') return undefined",
            'if (error) return undefined',
          ),
        ],
        test: session('that is down ends no session'),
      },
      {
        guard: 'writing until it is written',
        edits: [edit('session/keeper.ts', '      scope.waitUntil(insist(write))\n', '')],
        test: session('is not lost where the store does not take'),
      },
      {
        guard: 'the refusal of what comes too late',
        edits: [
          edit(
            'state/session.ts',
            ": this.#kv.get<{ id: string }>('lease')?.id === lease",
            ': true',
          ),
        ],
        test: session('that is ended while it is refreshed does not come back'),
      },
    ],
  },
  {
    id: 'P54',
    promise:
      'A session ends when it is idle, at its absolute end, at a logout here or at the issuer, and where the person or the session at the issuer is cut off; elsewhere at most ten seconds later.',
    mutations: [
      {
        guard: 'the end of sessions before the logout counts as done',
        edits: [
          edit('state/index.ts', 'await sessions.settle(now, names, jti, jtiUntil)', ''),
          edit(
            'state/index.ts',
            'if (!names) return undefined\n',
            'if (!names) return undefined\n    await sessions.settle(now, names, jti, jtiUntil)\n',
          ),
        ],
        test: {
          project: 'node',
          file: 'test/state/state.test.ts',
          name: 'can be told again, and ends what it could not end before',
        },
      },
      {
        guard: 'the end of sessions before a cut counts as done',
        edits: [
          edit(
            'state/index.ts',
            '    await this.#endAll(contract, sessions, names)\n    return names.length',
            '    await sessions.forget(names)\n    await this.#endAll(contract, sessions, names)\n    return names.length',
          ),
        ],
        test: {
          project: 'node',
          file: 'test/state/state.test.ts',
          name: 'can be made again, and ends what it could not end before',
        },
      },
      {
        guard: 'the end of sessions whose tokens are cut off',
        edits: [
          edit(
            'operate/revocation/revocation.ts',
            'for (const cut of cuts) await scheme.cutOff?.(issuers, cut)',
            'void scheme',
          ),
        ],
        test: session('has ended, also when its access token has, and is not refreshed', 'cut-off'),
      },
      {
        guard: 'the end of more sessions than one call may end',
        edits: [
          edit('session/store.ts', 'while ((await endSome()) >= ENDED_AT_ONCE)', 'await endSome()'),
        ],
        test: session('has ended although there are more than the store ends at once', 'cut-off'),
      },
      {
        guard: 'the moment of a cut',
        edits: [edit('state/session-index.ts', 'begunAt <= before', 'true')],
        test: session('stays where it was begun after the moment that is named', 'cut-off'),
      },
      {
        guard: 'the look at cuts when a session has just been begun',
        edits: [
          edit(
            'session/login.ts',
            'options.cutoff()?.refuse([principal], scope, true)',
            'undefined',
          ),
        ],
        test: session('is not begun by who is just signing in at', 'cut-off'),
      },
      {
        guard: 'the news that a login looks for',
        edits: [
          edit(
            'session/login.ts',
            'refuse([principal], scope, true)',
            'refuse([principal], scope)',
          ),
        ],
        test: session('is not begun by who is just signing in at', 'cut-off'),
      },
      {
        guard: "the issuer's word for when a session was begun",
        edits: [
          edit(
            'session/login.ts',
            'Math.min(Math.floor(toDouble(principal.claims.iat) ?? now()), now())',
            'now()',
          ),
        ],
        test: session('has ended where the clock of the issuer, whose event it is', 'cut-off'),
      },
      {
        guard: 'the present as the latest moment at which a session was begun',
        edits: [
          edit(
            'session/login.ts',
            'Math.min(Math.floor(toDouble(principal.claims.iat) ?? now()), now())',
            'Math.floor(toDouble(principal.claims.iat) ?? now())',
          ),
        ],
        test: session('has ended where the clock of the issuer runs ahead', 'cut-off'),
      },
      {
        guard: 'the client of a cut',
        edits: [edit('session/keeper.ts', 'if (client === options.clientId) await', 'await')],
        test: session('stays where it is about another client, or another issuer', 'cut-off'),
      },
      {
        guard: 'the issuer of a cut',
        edits: [
          edit(
            'session/sessions.ts',
            'if (own.some((each) => issuers.includes(each))) await',
            'await',
          ),
        ],
        test: session('stays where it is about another client, or another issuer', 'cut-off'),
      },
      {
        guard: 'the client in the index of sessions',
        edits: [edit('session/store.ts', 'issuer, clientId, kind, value]', 'issuer, kind, value]')],
        test: session('stays where it is about another client, or another issuer', 'cut-off'),
      },
      {
        guard: 'both names that an issuer has for a session',
        edits: [
          edit('session/login.ts', '[claims[name], principal.claims[name]]', '[claims[name]]'),
        ],
        test: session('is found by the sid of the access token', 'cut-off'),
      },
      {
        guard: 'the look at cuts where people ask about themselves',
        edits: [
          edit(
            'session/at-issuer.ts',
            '  await house.cutoff()?.refuse([verdict.principal], scope)\n',
            '',
          ),
        ],
        test: session('is told nothing by', 'cut-off'),
      },
      {
        guard: 'the idle time',
        edits: [
          edit(
            'state/session.ts',
            'now < kept.idleUntil && now < kept.endsAt',
            'now < kept.endsAt',
          ),
        ],
        test: session('ends after an hour without a request'),
      },
      {
        guard: 'the absolute end',
        edits: [
          edit(
            'state/session.ts',
            'now < kept.idleUntil && now < kept.endsAt',
            'now < kept.idleUntil',
          ),
        ],
        test: session('ends after twelve hours, whatever happens'),
      },
      {
        guard: 'the bound of what is remembered',
        edits: [
          edit(
            'session/keeper.ts',
            'if (!held || time - held.readAt >= MEMORY_SECONDS) return undefined',
            'if (!held) return undefined',
          ),
        ],
        test: session('is seen by other isolates within ten seconds', 'logout'),
      },
      {
        guard: 'the memory of logout tokens',
        edits: [
          edit(
            'state/session-index.ts',
            '!== undefined) return undefined',
            '=== null) return undefined',
          ),
        ],
        test: session('counts once: the same token again is 400', 'logout'),
      },
      {
        guard: 'the look for the event',
        edits: [
          edit(
            'auth/bearer/logout-token.ts',
            "  if (!isObject(events) || !isObject(events[EVENT])) throw refuseLogout('it is no logout token')\n",
            '',
          ),
        ],
        test: session('by a token with another event is 400', 'logout'),
      },
      {
        guard: 'the signature of a logout token',
        edits: [
          edit('auth/bearer/logout-token.ts', 'if (await search(keys)) return', 'if (keys) return'),
        ],
        test: session('by a token that is forged is 400', 'logout'),
      },
      {
        guard: 'every key that fits',
        edits: [
          edit(
            'auth/bearer/logout-token.ts',
            'kid === undefined ? undefined : String(kid)',
            'String(kid)',
          ),
        ],
        test: session('by a token that names none of several keys is taken', 'logout'),
      },
      {
        guard: 'logouts that no limit of addresses loses',
        edits: [edit('session/backchannel.ts', 'mustGetThrough: true', 'mustGetThrough: false')],
        test: session('holds for what people ask here, and loses no logout', 'logout'),
      },
      {
        guard: 'the access token that FusionAuth wants to see at a logout',
        edits: [
          edit('session/revocation.ts', 'if (status !== 401) return', 'if (status !== 0) return'),
        ],
        test: session('refreshes it first', 'fusionauth-revocation'),
      },
    ],
  },
  {
    id: 'P55',
    promise:
      'A page elsewhere can use no session to change something, to refresh it or to sign out; only a person who goes to a page is sent to a login.',
    mutations: [
      {
        guard: 'the person at the browser of an SDK',
        edits: [
          edit(
            'session/fusionauth-app.ts',
            "return 'then' in verdict ? verdict.then(asPerson) : asPerson(verdict)",
            'void asPerson\n      return verdict',
          ),
        ],
        test: session(
          'looks out for pages elsewhere also where the token is that of a client',
          'fusionauth-app',
        ),
      },
      {
        guard: 'no token for a script at a logout',
        edits: [
          edit(
            'session/account.ts',
            'isBrowser ? idToken : undefined',
            'isBrowser || idToken ? idToken : undefined',
          ),
        ],
        test: session('tells a script where to go', 'logout'),
      },
      {
        guard: 'the person at the browser',
        edits: [
          edit(
            'session/at-issuer.ts',
            "if ('notMine' in verdict || verdict.principal.kind === 'person') return verdict",
            'if (verdict) return verdict',
          ),
        ],
        test: session('is looked out for also where the token is that of a client', 'logout'),
      },
      {
        guard: 'the origin of a logout',
        edits: [
          edit('session/account.ts', 'if (isFromOwnPage(inbound)) return', 'if (inbound) return'),
        ],
        test: session('from another site cannot sign out', 'logout'),
      },
      {
        guard: 'the origin of a logout by a link',
        edits: [
          edit(
            'session/fusionauth-app.ts',
            "  if (site !== 'same-origin' && site !== 'none') throw forged()\n",
            '',
          ),
        ],
        test: session('is not refreshed, logged out or used', 'fusionauth-app'),
      },
      {
        guard: 'the look at who navigates',
        edits: [
          edit(
            'session/login-page.ts',
            "method !== 'GET' || headers.get('sec-fetch-mode') !== 'navigate'",
            "method !== 'GET'",
          ),
        ],
        test: session('answers no browser with the 401', 'login-page'),
      },
    ],
  },
  {
    id: 'P56',
    promise:
      'An MCP server gets a message only where the caller may use what it asks for by name, whichever way it is read',
    mutations: [
      {
        guard: 'the decision about a call',
        edits: [
          edit(
            'mcp/tools.ts',
            'for (const { target, rule } of found) permit(target, rule, principals, id)',
            'void principals',
          ),
        ],
        test: mcp('calls no tool without the scopes or roles'),
      },
      {
        guard: 'the refusal of names that no rule has',
        edits: [
          edit(
            'mcp/rules.ts',
            'const rule = find(name) ?? otherwise',
            'const rule = find(name) ?? otherwise ?? rules[0]',
          ),
        ],
        test: mcp('calls no tool that no rule names'),
      },
      {
        guard: 'the comparison with careless spellings',
        edits: [
          edit('mcp/rules.ts', 'return isPlain ? rule : undefined', 'return isPlain ? rule : rule'),
        ],
        test: mcp('lets no spelling of a name go around the narrower of two rules'),
      },
      {
        guard: 'the canonical form of URIs',
        edits: [
          edit(
            'mcp/rules.ts',
            'if (canonical === undefined) return []',
            'if (canonical === undefined) return formsOfName(uri)',
          ),
        ],
        test: mcp('reads no resource by a way around'),
      },
      {
        guard: 'the refusal of URIs that lead out of their authority',
        edits: [
          edit(
            'mcp/rules.ts',
            "path.startsWith('/') && canonicalPath(",
            "path === '' && canonicalPath(",
          ),
        ],
        test: mcp('reads no resource by a way around'),
      },
      {
        guard: 'the reading of messages where rules are tried out',
        edits: [
          edit('gateway.ts', 'if (mcp && trace.simulated &&', 'if (mcp && !trace.simulated &&'),
        ],
        test: mcp('let no message through that nobody may send'),
      },
      {
        guard: 'the refusal of repeated members',
        edits: [
          edit(
            'mcp/message.ts',
            'const message = parseObject(text)',
            'const message: JsonObject = JSON.parse(text)',
          ),
        ],
        test: mcp('that could be read in two ways is refused'),
      },
      {
        guard: 'the refusal of members that look alike',
        edits: [
          edit(
            'mcp/message.ts',
            "if (meant !== name || name === '__proto__')",
            "if (meant === '__proto__' && meant !== name)",
          ),
        ],
        test: mcp('that could be read in two ways is refused'),
      },
      {
        guard: 'the refusal of half a character',
        edits: [
          edit(
            'mcp/message.ts',
            'if (SURROGATE.test(text) && !isWellFormed(message))',
            "if (text === '' && !isWellFormed(message))",
          ),
        ],
        test: mcp('that could be read in two ways is refused'),
      },
      {
        guard: 'the refusal of a call in a notification',
        edits: [
          edit(
            'mcp/message.ts',
            "if (isNotification ? Object.hasOwn(message, 'id') : !isId)",
            "if (isNotification && Object.hasOwn(message, 'id'))",
          ),
        ],
        test: mcp('that could be read in two ways is refused'),
      },
      {
        guard: 'the refusal of members that no message has',
        edits: [
          edit(
            'mcp/message.ts',
            'if (!Object.keys(message).every((name) => members.includes(name)))',
            'if (!Object.keys(message).every((name) => members.includes(name) || name))',
          ),
        ],
        test: mcp('that could be read in two ways is refused'),
      },
      {
        guard: 'the refusal of a uri beside a name',
        edits: [
          edit(
            'mcp/targets.ts',
            "if (Object.hasOwn(params, member === 'name' ? 'uri' : 'name'))",
            "if (Object.hasOwn(params, member) && method === '')",
          ),
        ],
        test: mcp('that could be read in two ways is refused'),
      },
      {
        guard: 'the comparison of Mcp-Name and body',
        edits: [
          edit(
            'mcp/mirror.ts',
            'if (said === undefined || !known.includes(said))',
            'if (said === undefined)',
          ),
        ],
        test: mcp('is refused where a header says something else than the body'),
      },
      {
        guard: 'the comparison of Mcp-Method and body',
        edits: [
          edit(
            'mcp/mirror.ts',
            '} else if (sentMethod !== method) {',
            "} else if (sentMethod === '') {",
          ),
        ],
        test: mcp('is refused where a header says something else than the body'),
      },
      {
        guard: 'the refusal of methods that are not served',
        edits: [
          edit(
            'mcp/tools.ts',
            'if (label === undefined) throw unknownMethod(id, isNewer)',
            "if (label === undefined && method === '') throw unknownMethod(id, isNewer)",
          ),
        ],
        test: mcp('has no method that is not served'),
      },
      {
        guard: 'the refusal of other protocols',
        edits: [
          edit('mcp/tools.ts', "if (headers.has('upgrade'))", "if (headers.has('upgrade-'))"),
        ],
        test: lists('bring no message, in a body or on another protocol'),
      },
      {
        guard: 'the refusal of a body of DELETE',
        edits: [
          edit(
            'mcp/tools.ts',
            "if (body !== null && headers.get('content-length') !== '0')",
            "if (body !== null && headers.has('x-'))",
          ),
        ],
        test: lists('bring no message, in a body or on another protocol'),
      },
    ],
  },
  {
    id: 'P57',
    promise: 'A list of tools, prompts or resources has what the caller may use, and nothing else',
    mutations: [
      {
        guard: 'the filter of lists',
        edits: [
          edit(
            'mcp/tools.ts',
            'if (LISTS.has(method)) return filterAnswer(response, allows(rules, principals))',
            'if (LISTS.has(method)) return filterAnswer(response, () => true)',
          ),
        ],
        test: lists('has the tools that the caller may call'),
      },
      {
        guard: 'the filter of streams',
        edits: [
          edit(
            'mcp/list.ts',
            'if (isEventStream(headers)) return filterStream(response, allows)',
            'if (isEventStream(headers)) return response',
          ),
        ],
        test: lists('is filtered on an event stream, wherever the network cuts it'),
      },
      {
        guard: 'the filter of the streams of older revisions',
        edits: [
          edit(
            'mcp/tools.ts',
            'filter: (principals, response) => filterStream(response, allows(rules, principals)),',
            'filter: (principals, response) => filterStream(response, () => principals.length > 0),',
          ),
        ],
        test: lists('that comes on the stream of an older revision is filtered there'),
      },
      {
        guard: 'the filter of what answers other requests, whatever revision they name',
        edits: [
          edit(
            'mcp/tools.ts',
            'return filterOther(response, allows(rules, principals))\n',
            'return isNewer ? response : filterOther(response, allows(rules, principals))\n',
          ),
        ],
        test: lists('is filtered where a request of whatever revision gets it'),
      },
      {
        guard: 'the filter of what answers an answer',
        edits: [
          edit(
            'mcp/tools.ts',
            'filter: (principals, response) => filterOther(response, allows(rules, principals)),',
            'filter: (principals, response) => (rules ? response : filterOther(response, allows(rules, principals))),',
          ),
        ],
        test: lists('is filtered where an answer of the client gets it'),
      },
      {
        guard: 'the filter of JSON that answers other requests of older revisions',
        edits: [
          edit('mcp/list.ts', 'return MAY_LIST.test(whole.text)', "return MAY_LIST.test('')"),
        ],
        test: lists('in JSON, of an older revision, is filtered'),
      },
      {
        guard: 'other spellings of a list in an answer to something else',
        edits: [edit('mcp/list.ts', String.raw`|[\\\0\uFFFD]/iu`, '/iu')],
        test: lists('in JSON, in whatever spelling, reaches no request'),
      },
      {
        guard: 'the refusal of a list that cannot be read',
        edits: [
          edit(
            'mcp/list.ts',
            'if (filtered === undefined && response.ok) throw',
            'if (filtered === undefined && !response.ok) throw',
          ),
        ],
        test: lists('is filtered whatever it says it is, and refused where it is no JSON'),
      },
      {
        guard: 'the end of a public list',
        edits: [
          edit(
            'mcp/list.ts',
            "if (result.cacheScope === 'public') filtered.cacheScope = 'private'",
            "if (result.cacheScope === 'public') filtered.cacheScope = 'public'",
          ),
        ],
        test: lists('has the tools that the caller may call'),
      },
    ],
  },
  {
    id: 'P58',
    promise: 'Messages are read up to a limit, uncompressed, and from no page elsewhere',
    mutations: [
      {
        guard: 'the limit of a body that does not',
        edits: [edit('lib/read-body.ts', 'total > maxBytes', 'total < 0')],
        test: mcp('is refused for its type and its length'),
      },
      {
        guard: 'the refusal of compressed bodies',
        edits: [
          edit(
            'mcp/body.ts',
            'if (coding !== null && !/^identity$/i.test(coding))',
            "if (coding !== null && coding === '')",
          ),
        ],
        test: mcp('is refused for its type and its length'),
      },
      {
        guard: 'the check of Origin',
        edits: [
          edit(
            'mcp/tools.ts',
            'if (origin === null || origin === originOf(location) || isListed(origin)) return',
            'if (origin === null || origin === originOf(location) || isListed) return',
          ),
        ],
        test: mcp('from a page elsewhere is refused'),
      },
      {
        guard: 'the look at what cors allows',
        edits: [edit('mcp/tools.ts', 'pages?.allows(origin) === true', 'pages !== undefined')],
        test: mcp('from a page that the cors of the route allows passes'),
      },
    ],
  },
  {
    id: 'P59',
    promise:
      'The log says who asked only where the owner chose how, and leaves out no refusal; each answer is one point and one usage event, as the log has it; details of health are for the operator.',
    mutations: [
      {
        guard: 'no subject where nothing is said',
        edits: [
          edit(
            'operate/trace.ts',
            'subject: principal && rules?.nameOf(principal)',
            'subject: principal && (rules ? rules.nameOf(principal) : principal.subject)',
          ),
        ],
        test: workers('operate/request-log', 'is left out where the owner says nothing'),
      },
      {
        guard: 'no subject where other things are said',
        edits: [
          edit(
            'operate/request-log.ts',
            "subject === 'plain' ? (caller) => caller.subject : () => undefined",
            '(caller) => caller.subject',
          ),
        ],
        test: workers('operate/request-log', 'is left out where the owner speaks of other things'),
      },
      {
        guard: 'the HMAC of a subject',
        edits: [
          edit(
            'operate/request-log.ts',
            'const name = subjectHash(key, caller.issuer, caller.subject)',
            'const name = key && caller.subject',
          ),
        ],
        test: workers('operate/request-log', 'is an HMAC under the owner’s key'),
      },
      {
        guard: 'the issuer in the HMAC',
        edits: [
          edit(
            'operate/request-log.ts',
            'JSON.stringify([issuer, subject])',
            'JSON.stringify([subject]) + issuer.slice(0, 0)',
          ),
        ],
        test: workers('operate/request-log', 'is an HMAC under the owner’s key'),
      },
      {
        guard: 'the lines of refusals when successes are left out',
        edits: [edit('operate/report.ts', 'refusal !== undefined ||', '')],
        test: workers(
          'operate/request-log',
          'keeps a refusal that the owner answers by leading elsewhere',
        ),
      },
      {
        guard: 'one event for the log and the metrics',
        edits: [
          edit(
            'operate/report.ts',
            'if (!isWritten && !rules?.metrics) return',
            'if (!isWritten) return',
          ),
        ],
        test: workers('operate/metrics', 'is counted where the log leaves it out'),
      },
      {
        guard: 'no units for what was not served',
        edits: [
          edit('operate/metrics/metrics.ts', "outcome === 'served' ? unitsIn", 'outcome ? unitsIn'),
        ],
        test: workers('operate/metrics', 'is one point, one usage event and one line of the log'),
      },
      {
        guard: 'the length of an index',
        edits: [
          edit(
            'operate/metrics/metrics.ts',
            'if (encodeUtf8(name).length <= MAX_INDEX_BYTES) return name',
            'if (encodeUtf8(name).length > 0) return name',
          ),
        ],
        test: workers('operate/metrics', 'stays within what Analytics Engine takes'),
      },
      {
        guard: 'the answer that does not depend on its point',
        edits: [
          edit('operate/metrics/metrics.ts', '            fail(cause)', '            throw cause'),
        ],
        test: workers('operate/metrics', 'that is not taken changes no answer'),
      },
      {
        guard: 'the operator’s key',
        edits: [edit('operate/health.ts', '      check(request)\n', '      void request\n')],
        test: workers('operate/health', 'shows details to nobody but the operator'),
      },
    ],
  },
  {
    id: 'P60',
    promise:
      'A list of addresses is asked first, before a credential and before a count; deny wins; the address is the platform’s, IPv4 is IPv4 in whatever form, and one that is not known is refused.',
    mutations: [
      {
        guard: 'the place before everything else',
        edits: [
          edit(
            'gateway.ts',
            '  if (route.parts.addresses) route.parts.addresses.admit(inbound)\n',
            '',
          ),
          edit(
            'gateway.ts',
            '  const [principal] = principals\n',
            '  const [principal] = principals\n  route.parts.addresses?.admit(inbound)\n',
          ),
        ],
        test: addressLists('asks before anybody is asked who they are'),
      },
      {
        guard: 'the list of those who may',
        edits: [edit('edge/addresses.ts', 'allow.some(isIn) ? undefined', 'allow ? undefined')],
        test: addressLists('lets in those of allow and nobody else'),
      },
      {
        guard: 'the precedence of deny',
        edits: [
          edit(
            'edge/addresses.ts',
            'const denied = deny.find(isIn)',
            'const denied = !allow && deny.find(isIn)',
          ),
        ],
        test: addressLists('keeps out those of deny, also where allow has them'),
      },
      {
        guard: 'IPv4 in the form of IPv6',
        edits: [edit('edge/addresses.ts', 'isMapped ? sent.toIPv4Address() : sent', 'sent')],
        test: addressLists('takes an IPv4 address in the form of IPv6'),
      },
      {
        guard: 'the refusal of an address that is not known',
        edits: [
          edit('edge/addresses.ts', "return 'the address of the client is not known'", 'return'),
        ],
        test: addressLists('which nobody can judge'),
      },
      {
        guard: 'four decimal numbers',
        edits: [
          edit(
            'edge/address-range.ts',
            'ipaddr.IPv4.isValidFourPartDecimal(text) ?',
            'ipaddr.IPv4.isValid(text) ?',
          ),
        ],
        test: addressLists('which nobody can judge'),
      },
      {
        guard: 'the refusal of stand-ins',
        edits: [edit('edge/addresses.ts', 'return isIn(PSEUDO) ?', 'return false ?')],
        test: addressLists('keeps out an address that only stands for one'),
      },
      {
        guard: 'the word of the platform',
        edits: [edit('edge/addresses.ts', "get('cf-connecting-ip')", "get('x-forwarded-for')")],
        test: addressLists('believes no address that a client claims'),
      },
    ],
  },
  {
    id: 'P61',
    promise:
      'A request is sent to an origin twice at most, only GET and HEAD without an answer, in time and within a budget; an answer that falls silent breaks off, and never looks whole.',
    mutations: [
      {
        guard: 'the methods',
        edits: [
          edit('upstream/retry.ts', "(method === 'GET' || method === 'HEAD')", "method !== ''"),
        ],
        test: retries('is not sent POST again'),
      },
      {
        guard: 'upgrades',
        edits: [edit('upstream/retry.ts', " && !(headers as Headers).has('upgrade')", '')],
        test: retries('is not sent an upgrade again'),
      },
      {
        guard: 'the one attempt more',
        edits: [
          edit(
            'upstream/retry.ts',
            'await clock.pause(pauseMs)\n          return call()',
            'await clock.pause(pauseMs)\n          return part.attempt(call, exchange)',
          ),
        ],
        test: retries('is asked twice and never more'),
      },
      {
        guard: 'the statuses',
        edits: [
          edit('upstream/retry.ts', '!repeated.has(answered.status)', 'answered.status < 500'),
        ],
        test: retries('of 500 is not asked for again by itself'),
      },
      {
        guard: 'Retry-After',
        edits: [edit('upstream/retry.ts', " || answered.headers.has('retry-after')", '')],
        test: retries('that says when to come back is given as it is'),
      },
      {
        guard: 'the budget',
        edits: [edit('upstream/retry.ts', 'if (saved < COST || ', 'if (')],
        test: retries('is one request in ten and one more at first'),
      },
      {
        guard: 'the end of what is saved up',
        edits: [
          edit(
            'upstream/retry.ts',
            'Math.min(MAX_SAVED, saved + budgetPercent)',
            'saved + budgetPercent',
          ),
        ],
        test: retries('is saved up, ten at most'),
      },
      {
        guard: 'the time of the route',
        edits: [edit('upstream/retry.ts', 'Math.min(limitMs, MAX_AGE_MS)', 'MAX_AGE_MS')],
        test: retries('of both attempts and the pause is no longer than timeoutSeconds'),
      },
      {
        guard: 'the time of the first attempt',
        edits: [edit('upstream/retry.ts', 'Math.min(limitMs, MAX_AGE_MS)', 'limitMs')],
        test: retries('of the first attempt is under ten seconds'),
      },
      {
        guard: 'the time of the credential',
        edits: [edit('upstream/retry.ts', 'nextSecond < expiresAt', 'expiresAt > 0')],
        test: retries('does not run out for the credential'),
      },
      {
        guard: 'the end of a silent answer',
        edits: [edit('upstream/idle-timeout.ts', 'startTimer(late, seconds * 1_000)', '() => {}')],
        test: silences('breaks off, also before its first byte'),
      },
      {
        guard: 'the end that is none',
        edits: [edit('upstream/idle-timeout.ts', 'sink.abort(error)', 'sink.close()')],
        test: connections('has its answer broken off'),
      },
      {
        guard: 'event streams',
        edits: [
          edit(
            'upstream/idle-timeout.ts',
            '(!eventStreams && isEventStream(headers))',
            'isEventStream(new Headers())',
          ),
        ],
        test: silences('may be an event stream, which is silent as long as it likes'),
      },
    ],
  },
  {
    id: 'P62',
    promise: 'An imported OpenAPI document lets in nobody whom its security keeps out',
    mutations: [
      {
        guard: 'the error for a scheme that is not there',
        edits: [
          edit(
            'cli/import/schemes.ts',
            "problems.report(path, 'is not there, and an operation asks for it')",
            '',
          ),
        ],
        test: imports('is refused with its place'),
      },
      {
        guard: 'the error for a key in the address',
        edits: [edit('cli/import/schemes.ts', "if (place === 'query')", "if (place === '')")],
        test: imports('is refused with its place'),
      },
      {
        guard: 'the error for two keys together',
        edits: [
          edit(
            'cli/import/security.ts',
            "together.filter(({ kind }) => kind === 'keys').length > 1",
            "together.filter(({ kind }) => kind === 'keys').length > 9",
          ),
        ],
        test: imports('is refused with its place'),
      },
      {
        guard: 'the error for several kinds of keys, which are one list',
        edits: [
          edit(
            'cli/import/security.ts',
            'if (other === undefined) return undefined',
            'if (other !== first) return undefined',
          ),
        ],
        test: imports('is refused with its place'),
      },
      {
        guard: 'the error for what is syntax in a route and none in the document',
        edits: [
          edit('cli/import/paths.ts', 'if (literal !== undefined) {', "if (literal === '') {"),
        ],
        test: imports('is refused with its place'),
      },
      {
        guard: 'what a merge key brings',
        edits: [edit('cli/import/document.ts', ', merge: true', '')],
        test: imports('takes what a merge key brings'),
      },
      {
        guard: 'the error for what stands beside a reference',
        edits: [
          edit('cli/import/document.ts', 'if (beside !== undefined) {', "if (beside === '') {"),
        ],
        test: imports('is refused as a whole'),
      },
      {
        guard: 'the error for an operation that is a reference',
        edits: [
          edit(
            'cli/import/routes.ts',
            'if (value.$ref !== undefined) {',
            "if (value.$ref === '') {",
          ),
        ],
        test: imports('is refused as a whole'),
      },
      {
        guard: 'the error for a security that says nothing',
        edits: [
          edit(
            'cli/import/routes.ts',
            'isOwn ? value.security : everyone',
            'value.security ?? everyone',
          ),
        ],
        test: imports('is refused with its place'),
      },
      {
        guard: 'the error for schemes together as one of several alternatives',
        edits: [
          edit(
            'cli/import/security.ts',
            'if (together.length > 1 && alternatives.length > 1) {',
            'if (together.length > 9) {',
          ),
        ],
        test: imports('is refused with its place'),
      },
      {
        guard: 'the error for roles of which all are asked for',
        edits: [edit('cli/import/security.ts', 'needed.length > 1) {', 'needed.length > 9) {')],
        test: imports('is refused with its place'),
      },
      {
        guard: 'that a scope counts for its own scheme alone',
        edits: [
          edit(
            'cli/import/security.ts',
            'const who = hasSeveralSchemes ?',
            'const who = !hasSeveralSchemes ?',
          ),
        ],
        test: imports('asks for [{ two: [a] }, { key: [] }]'),
      },
      {
        guard: 'that an operation without an alternative is left out',
        edits: [
          edit(
            'cli/import/routes.ts',
            'return isGone && !security.isOptional ? undefined :',
            'return isGone && security.isOptional ? undefined :',
          ),
        ],
        test: imports('leaves out what is named, and never lets more in for that'),
      },
      {
        guard: 'the error for a parameter within a segment',
        edits: [
          edit('cli/import/paths.ts', 'if (partial !== undefined) {', "if (partial === '') {"),
        ],
        test: imports('is refused with its place'),
      },
    ],
  },
]
