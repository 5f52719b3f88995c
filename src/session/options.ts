/** The options of sessions, and what is wrong with them. */

import * as v from 'valibot'
import type { SchemeFeature } from '../auth/feature.ts'
import { MAX_KEYS } from '../auth/link/key.ts'
import { explainSecureUrl } from '../auth/presets/urls.ts'
import { options as optionsSchema } from '../options/options.ts'
import {
  listOf,
  type Reporter,
  reportIssues,
  secondsBetween,
  textLike,
  told,
} from '../options/schemas.ts'
import { explainSecret } from '../options/secret.ts'
import { type StateBinding, stateBinding } from '../options/state.ts'
import { suggest } from '../options/suggest.ts'
import { isOwnPath } from './return-to.ts'

/** What sessions of every kind need. */
export interface CommonSessionOptions {
  /** The entry of `schemes` that takes the issuer's access tokens: who is signed in is whoever they say. */
  of: string
  /** The service binding to the state Worker: `env.STATE`. */
  state: StateBinding
  /**
   * Secrets of 32 bytes or more, `openssl rand -base64 32`. The first encrypts; all decrypt, so that one can be
   * replaced without signing anybody out. At most 3.
   */
  keys: readonly string[]
  /** The client that people sign in to. Default: the audience of the entry `of`. */
  clientId?: string
  /** The client's secret. Default: none, and PKCE alone protects the code. RFC 10017 wants one. */
  clientSecret?: string
  /**
   * How the secret is sent. Default: as the issuer says, `client_secret_basic` where it says nothing; for `fusionAuth()`,
   * `client_secret_post`.
   */
  clientAuthentication?: 'client_secret_basic' | 'client_secret_post'
  /** An origin beside the issuer's own that its token endpoint is on: `https://oauth2.googleapis.com`. Default: none. */
  tokenOrigin?: string
  /**
   * What the gateway asks the issuer for. Default: `openid`, and `profile`, `email` and `offline_access` where the
   * issuer says that it knows them.
   */
  scopes?: readonly string[]
  /** The API that access tokens are for (RFC 8707). Default: none is named. */
  resource?: string
  /** More for the issuer's login page, for example `{ prompt: 'consent' }`. Default: nothing. */
  parameters?: Readonly<Record<string, string>>
}

export interface SessionsOptions extends CommonSessionOptions {
  /** What the gateway's own addresses begin with. Default `/auth`. */
  path?: string
  /** The name of the cookie. It begins with `__Host-`. Default `__Host-session`. */
  cookie?: string
  /** Without a request for so long, a session ends. In seconds. Default 3600. */
  idleSeconds?: number
  /** When a session ends whatever happens, in seconds from the login. Default 43200 (12 hours), at most 30 days. */
  maxSeconds?: number
  /** The path that people come to after logging out. Default `/`. */
  afterLogout?: string
}

const MAX_SECONDS = 30 * 86_400

const name = textLike("'main'")
const key = textLike('env.SESSION_KEY', (secret) => explainSecret(secret, 'sessions can be read'))
const OWN_PARAMETERS =
  /^(?:client_id|response_type|redirect_uri|scope|state|nonce|code_challenge.*|resource)$/

export const commonEntries = {
  of: name,
  state: stateBinding,
  keys: v.pipe(
    listOf(key, { example: '[env.SESSION_KEY]', isOptional: false }),
    v.maxLength(MAX_KEYS, `has more than ${MAX_KEYS} keys. Take out the oldest`),
  ),
  clientId: v.exactOptional(textLike('env.CLIENT_ID')),
  clientSecret: v.exactOptional(textLike('env.CLIENT_SECRET')),
  clientAuthentication: v.exactOptional(
    told((value) =>
      ['client_secret_basic', 'client_secret_post'].includes(value as string)
        ? undefined
        : "must be 'client_secret_basic' or 'client_secret_post'",
    ),
  ),
  tokenOrigin: v.exactOptional(
    textLike("'https://oauth2.googleapis.com'", (value) => {
      const wrong = explainSecureUrl(value)
      if (wrong !== undefined) return wrong
      if (new URL(value).origin === value) return undefined
      return 'must be an origin without a path, for example https://oauth2.googleapis.com'
    }),
  ),
  scopes: v.exactOptional(
    v.pipe(
      listOf(textLike("'openid'"), { example: "['openid', 'offline_access']", isOptional: true }),
      v.check(
        (scopes) => scopes.includes('openid'),
        "must have 'openid', or the issuer does not say who has signed in, for example ['openid', 'offline_access']",
      ),
    ),
  ),
  resource: v.exactOptional(textLike("'https://api.acme.example'")),
  parameters: v.exactOptional(
    told((value) => {
      const example = "{ prompt: 'consent' }"
      const entries = Object.entries(Object(value))
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return `must be an object of texts, for example ${example}`
      }
      const own = entries.find(([each]) => OWN_PARAMETERS.test(each))
      if (own) return `must not have ${own[0]}, which the gateway sets itself. Take it out`
      if (entries.every(([, text]) => typeof text === 'string')) return undefined
      return `must have texts in quotes, for example ${example}`
    }),
  ),
}

export const commonNames = {
  secret: 'keys',
  secrets: 'keys',
  key: 'keys',
  store: 'state',
  issuer: 'of',
  scheme: 'of',
  scope: 'scopes',
  audience: 'resource',
  client_id: 'clientId',
  client_secret: 'clientSecret',
}

const schema = optionsSchema<SessionsOptions>(
  {
    ...commonEntries,
    path: v.exactOptional(
      textLike("'/auth'", (value) =>
        /^(?:\/[a-z0-9_-]+)+$/.test(value)
          ? undefined
          : "must be a path in lower case without a slash at its end, for example '/auth'",
      ),
    ),
    cookie: v.exactOptional(
      textLike("'__Host-session'", (value) =>
        /^__Host-(?!login-)[\w.-]+$/.test(value)
          ? undefined
          : "must begin with __Host-, so that no other host can set it, and not with __Host-login-, for example '__Host-staff'",
      ),
    ),
    idleSeconds: v.exactOptional(secondsBetween(60, MAX_SECONDS, { example: 3_600 })),
    maxSeconds: v.exactOptional(secondsBetween(60, MAX_SECONDS, { example: 43_200 })),
    afterLogout: v.exactOptional(ownPath("'/'")),
  },
  {
    example: "sessions({ of: 'main', state: env.STATE, keys: [env.SESSION_KEY] })",
    examples: { of: "'main'", keys: '[env.SESSION_KEY]' },
    otherNames: {
      ...commonNames,
      prefix: 'path',
      cookieName: 'cookie',
      ttlSeconds: 'maxSeconds',
      timeoutSeconds: 'idleSeconds',
      postLogoutRedirectUri: 'afterLogout',
    },
  },
)

export function ownPath(example: string) {
  return textLike(example, (value) =>
    isOwnPath(value)
      ? undefined
      : `must be a path of this origin that begins with one slash, for example ${example}`,
  )
}

/** Reports every problem with the options, below `path`. */
export function checkSessions(options: SessionsOptions, path: string, to: Reporter): void {
  const { success, issues } = v.safeParse(schema, options)
  if (!success) reportIssues(issues, path, to)
}

type Entries = Readonly<Record<string, SchemeFeature>>

/** Reports where the entry that they are of is none that takes tokens, or does not say which client they are of. */
export function checkBeside(
  options: CommonSessionOptions,
  path: string,
  entries: Entries,
  to: Reporter,
): void {
  const { of, clientId } = Object(options) as Partial<CommonSessionOptions>
  if (typeof of !== 'string' || of === '') return
  const { oauth } = (Object.hasOwn(entries, of) && entries[of]) || {}
  if (!oauth) {
    const known = Object.keys(entries).filter((each) => entries[each]?.oauth)
    const meant = suggest(of, known) ?? known[0] ?? 'main'
    to.report(
      `${path}.of`,
      `must name an entry of schemes that takes an issuer's tokens, for example of: '${meant}'`,
    )
    return
  }
  if (clientId === undefined && oauth.audiences?.length !== 1) {
    to.report(path, `must say which client people sign in to. Add clientId: env.CLIENT_ID`)
  }
}
