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
const simulation = (name: string) => workers('edge/simulate', name)

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
        edits: [edit('auth/bearer/token.ts', '!isCompact || rest.length > 0', '!isCompact')],
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
            'names !== countMembers(value, 1)',
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
        edits: [edit('auth/bearer/token.ts', "'crit' in header || 'b64' in header", 'false')],
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
            '(key) => keyId === undefined || key.keyId === keyId',
            '() => true',
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
        guard: 'the comparison as a whole',
        edits: [
          edit(
            'auth/bearer/claims.ts',
            'audiences.includes(name)',
            'audiences.some((audience) => name.includes(audience))',
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
          edit('auth/bearer/jwks.ts', 'digest([issuer, jwksUri, boundAs])', 'digest([boundAs])'),
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
        guard: '(a flaw is put in) who was let in once is let in again',
        edits: [
          edit(
            'auth/authorize.ts',
            'const refusal = refusalOf(principal, policy)',
            'if (seen.has(principal)) return\n  seen.add(principal)\n  const refusal = refusalOf(principal, policy)',
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
        guard: 'the refusal of several values',
        edits: [
          edit(
            'auth/bearer/credential.ts',
            "throw severalTokens('Authorization has several values')",
            'return /bearer +([^ ,]+)/i.exec(value)?.[1]',
          ),
        ],
        test: headers('two Authorization headers is 400'),
      },
    ],
    later: 'API keys and signed links',
  },
  {
    id: 'P21',
    promise:
      'Bearer means the scheme Bearer and one token; a DPoP credential, and a token that is bound to a key, is none.',
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
            'upstream/request.ts',
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
        edits: [edit('upstream/request.ts', ' || named?.includes(name)', '')],
        test: headers('headers about one connection'),
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
      'An upgrade is judged like any other request, and ends with the token it was opened with.',
    mutations: [
      {
        guard: '(a flaw is put in) upgrades pass',
        edits: [
          edit(
            'gateway.ts',
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
        edits: [edit('edge/cache/storable.ts', "headers.has('set-cookie') || ", '')],
        test: caching('with a cookie is never stored'),
      },
      {
        guard: 'Vary: *',
        edits: [edit('edge/cache/key.ts', "distinct.includes('*') || ", '')],
        test: caching('that depends on everything is never stored'),
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
            'return timingSafeEqual(encodeUtf8(one), encodeUtf8(other))',
            'return timingSafeEqual(encodeUtf8(one), encodeUtf8(one)) || other === one',
          ),
        ],
        test: purging('is for whoever has the key'),
      },
    ],
  },
  {
    id: 'P38',
    promise:
      'CORS: exact origins, no wildcard with credentials, Vary: Origin, headers on refusals too.',
    mutations: [],
    later: 'CORS',
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
    promise: 'A limit on bodies counts the bytes that come.',
    mutations: [],
    later: 'a limit on bodies',
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
      'DPoP: proofs are checked in full and remembered, and the memory fails closed. Until then a bound token is refused (P21).',
    mutations: [],
    later: 'DPoP',
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
        edits: [edit('auth/link/key.ts', 'length < MIN_KEY_BYTES', 'length < 1')],
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
        edits: [edit('auth/bearer/scheme.ts', "  invalid_token: 'invalid_token',\n", '')],
        test: responses('invalid_token has its challenge'),
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
]
