// What no line of a log may have, and where it stands in one. Every gateway of the tests is watched with it
// (watched-gateway.ts), and so is every workerd process and the console of the tests.

/** A secret that is shorter may stand in a path or a name by chance. */
const MIN_LENGTH = 16
const MIN_CLAIM_LENGTH = 8

/** What looks like a credential wherever it comes from: a JWS, an API key with its secret, a session's cookie. */
const SHAPES: Readonly<Record<string, RegExp>> = {
  'a signed token': /\bey[\w-]{12,}\.ey[\w-]{8,}\.[\w-]{16,}/,
  'an API key': /\bgk_[0-9A-Za-z]{16}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}\b/,
  'a cookie': /__(?:Host|Secure)-[\w-]+=[^;"\\\s]{16,}/,
}

/** Fields that are made of what clients send, or of names that are public: no place for claims of a person. */
const OPEN_FIELDS = new Set('id host path route client issuer origin subject traceId'.split(' '))
/** Claims whose values stand in the owner's file, or are public names. */
const OPEN_CLAIMS = new Set(
  'iss aud azp client_id applicationId common_name scope scp roles groups typ'.split(' '),
)
/** Headers of a request that a line may tell of. */
const OPEN_HEADERS = new Set(
  'x-request-id host origin content-type user-agent accept mcp-method'.split(' '),
)
/** Parameters of a query that name an address. */
const OPEN_PARAMETERS = new Set(['iss', 'return_to'])

/** The latest, by far more than there are requests at once: a line follows its request. */
const MAX_KEPT = 200
const secrets = new Set<string>()
const claims = new Set<string>()

function keep(kept: Set<string>, text: string): void {
  kept.delete(text)
  kept.add(text)
  if (kept.size <= MAX_KEPT) return
  for (const oldest of kept) {
    kept.delete(oldest)
    return
  }
}

/** A token, key, cookie or secret that no log may have from now on; and the values of its claims. */
export function noteSecret(text: string): void {
  if (text.length < MIN_LENGTH) return
  keep(secrets, text)
  const [, payload] = /^ey[\w-]*\.([\w-]+)\.[\w-]+$/.exec(text) ?? []
  if (payload === undefined) return
  for (const part of text.split('.')) if (part.length >= MIN_LENGTH) keep(secrets, part)
  try {
    noteClaims(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  } catch {
    // A token that is none has no claims.
  }
}

function noteClaims(value: unknown, name = ''): void {
  if (OPEN_CLAIMS.has(name)) return
  if (typeof value === 'string' && value.length >= MIN_CLAIM_LENGTH) keep(claims, value)
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) noteClaims(inner, key)
}

/** All that a request shows: in its headers, its cookies and its query. */
export function noteSecretsOf({ headers, url }: Request): void {
  for (const [name, value] of headers) {
    if (OPEN_HEADERS.has(name)) continue
    for (const part of value.split(/[;,\s=]+/)) noteSecret(part)
  }
  for (const [name, value] of new URLSearchParams(url.split('?', 2)[1])) {
    if (!OPEN_PARAMETERS.has(name)) noteSecret(value)
  }
}

/** What a text has that it must not, in words that do not repeat it; undefined where nothing. */
export function findSecret(text: string): string | undefined {
  const [shape] = Object.entries(SHAPES).find(([, pattern]) => pattern.test(text)) ?? []
  if (shape !== undefined) return shape
  return [...secrets].some((secret) => text.includes(secret)) ? 'what a client showed' : undefined
}

/** The same of a line's event, whose texts must have no value of a claim either. */
export function findSecretIn(event: object): string | undefined {
  // What a client puts into its path is there; what it puts into its query is not.
  const { path = '', ...rest } = event as { path?: string }
  if (path.includes('?')) return 'a query'
  const found = findSecret(JSON.stringify(rest))
  if (found !== undefined) return found
  const texts = Object.entries(event).filter(([name]) => !OPEN_FIELDS.has(name))
  const text = JSON.stringify(texts)
  return [...claims].some((value) => text.includes(value)) ? 'a value of a claim' : undefined
}
