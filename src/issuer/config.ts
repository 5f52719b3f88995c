/**
 * What the owner of an authorization server writes, and what is wrong with it. Every problem is
 * reported at once; a server with problems issues nothing.
 */

import { type Colors, colorProblems } from './pages/colors.ts'
import type { StorageEnv } from './storage/issuer-storage.ts'

/** The bindings and secrets of the authorization server's Worker. */
export interface IssuerEnv extends StorageEnv {
  /** Its public origin, without a trailing slash: the `iss` of every token. */
  ISSUER: string
  /** The audience of the API in the shipped issuer.config.ts. */
  API_AUDIENCE?: string
  /** Scopes of that API, separated by spaces. */
  API_SCOPES?: string
  /** Opens the administration endpoint; at least 32 characters. Without it the endpoint does not exist. */
  ADMIN_KEY?: string
}

/** What {@link IssuerConfig.send} is to send to a person. */
export interface Message {
  kind: 'invite' | 'reset'
  /** The person's mail address; undefined where none is known, and then nothing is sent. */
  to: string | undefined
  /** Where the person sets a password. */
  url: string
  login: string
  /** What the pages call this server. */
  title: string
}

/** One API that accepts this server's access tokens. */
export interface ApiConfig {
  /** The `aud` of its access tokens. */
  audience: string
  /** Further values of the `resource` parameter (RFC 8707) that mean this API: absolute URIs. */
  resources?: string[]
  /** Every scope the API knows, with the sentence the consent page shows for it. */
  scopes: Record<string, string>
  /**
   * What a request means that names no scope (RFC 6749 section 3.3). Default: all of them; the person is
   * asked about each.
   */
  defaultScopes?: string[]
  /** Lifetime of an access token. Default 600. A JWT cannot be withdrawn before it ends. */
  accessTokenSeconds?: number
  /** `jwt` (default) is verified by the API itself, `opaque` by introspection. */
  accessTokenFormat?: 'jwt' | 'opaque'
}

export interface IssuerConfig {
  /** What the pages call this server. Default "Sign in". */
  title?: string
  /** An SVG document, shown above the sign-in and in the browser's tab. Default: none, and a key. */
  logo?: string
  /** Default: blue on grey. */
  colors?: Colors
  apis: ApiConfig[]
  /**
   * Sends a message to a person: with it people who forgot their password get a link, and invitations
   * go out. Default: none, and no such page.
   */
  send?: (message: Message, env: IssuerEnv) => Promise<void>
  /**
   * The audience meant by a request that names no resource. Without it such a request gets an opaque
   * token that only introspection and the userinfo endpoint understand; with it there is no userinfo
   * endpoint, and the same claims are in the ID token.
   */
  defaultAudience?: string
  /** How long a refresh token may lie unused; each use renews it, for a year. Default 1,209,600 (14 days). */
  refreshTokenSeconds?: number
  /**
   * How long a refresh token that was used may be used again, and gives the same successor: for two
   * tabs, or an answer that was lost. Default 30; 0 is never. A use after it ends the grant.
   */
  refreshGraceSeconds?: number
  /** Lifetime of a browser's session at this server. Default 86,400 (one day). */
  sessionSeconds?: number
  /** Age at which the signing key is replaced. Default 7,776,000 (90 days). */
  keyRotationSeconds?: number
  /**
   * Dynamic client registration (RFC 7591) for clients that act for a user, such as MCP clients.
   * Default false. WARNING: true lets anyone on the internet register one.
   */
  openRegistration?: boolean
  /**
   * Takes clients that are a document on the web, whose client id is its https URL, as MCP clients have
   * it: `true` from everywhere, or from the hosts in a list. Default false.
   */
  clientDocuments?: boolean | string[]
  /**
   * Whether clients may do without a secret, as browsers and native applications have to. Default true;
   * with false every client authenticates, and the metadata says so.
   */
  publicClients?: boolean
  /**
   * The device flow (RFC 8628), for televisions and command lines: people type a code at
   * /oauth2/device. Default false.
   */
  deviceFlow?: boolean
  /** Binds tokens to keys of their clients (RFC 9449). Default false: true once your APIs take DPoP. */
  dpop?: boolean
}

/** An {@link IssuerConfig} with nothing left to default. */
export interface ResolvedConfig
  extends Required<Omit<IssuerConfig, 'defaultAudience' | 'apis' | 'logo' | 'send'>> {
  issuer: string
  apis: Required<ApiConfig>[]
  defaultAudience: string | undefined
  logo: string | undefined
  send: IssuerConfig['send'] | undefined
}

/** Types the owner's file; it is evaluated once per isolate. */
export function defineIssuer(define: (env: IssuerEnv) => IssuerConfig): typeof define {
  return define
}

/** Fills in the defaults, or lists everything that is wrong. */
export function resolveConfig(
  config: IssuerConfig,
  env: IssuerEnv,
): { config: ResolvedConfig; problems: string[] } {
  const resolved: ResolvedConfig = {
    title: 'Sign in',
    colors: {},
    refreshTokenSeconds: 1_209_600,
    refreshGraceSeconds: 30,
    sessionSeconds: 86_400,
    keyRotationSeconds: 7_776_000,
    openRegistration: false,
    clientDocuments: false,
    publicClients: true,
    deviceFlow: false,
    dpop: false,
    ...config,
    issuer: env.ISSUER,
    defaultAudience: config.defaultAudience,
    logo: config.logo,
    send: config.send,
    apis: config.apis.map((api) => ({
      resources: [],
      accessTokenSeconds: 600,
      accessTokenFormat: 'jwt',
      defaultScopes: Object.keys(api.scopes),
      ...api,
    })),
  }
  return { config: resolved, problems: [...envProblems(env), ...apiProblems(resolved)] }
}

/** The `resource` values that mean `api`; the first is the one this server uses itself. */
export function resourcesOf(
  api: Pick<Required<ApiConfig>, 'audience' | 'resources'>,
): [string, ...string[]] {
  // RFC 8707 wants an absolute URI, and an audience may be any string.
  const own = URL.canParse(api.audience)
    ? api.audience
    : `urn:audience:${encodeURIComponent(api.audience)}`
  return [own, ...api.resources]
}

const MIN_SECRET_LENGTH = 32

function envProblems(env: IssuerEnv): string[] {
  const problems: string[] = []
  const url = URL.parse(String(env.ISSUER))
  if (!url) problems.push('ISSUER: must be the public URL of this server')
  else if (url.origin !== env.ISSUER) {
    problems.push('ISSUER: must be an origin alone, without a path or a trailing slash')
  } else if (url.protocol !== 'https:' && !['localhost', '127.0.0.1'].includes(url.hostname)) {
    problems.push('ISSUER: must be https outside localhost')
  }
  if (!env.ISSUER_STORAGE) problems.push('ISSUER_STORAGE: the Durable Object binding is missing')
  for (const name of ['ISSUER_KEY_SECRET', 'ADMIN_KEY'] as const) {
    const secret = env[name]
    if (secret !== undefined && secret.length < MIN_SECRET_LENGTH) {
      problems.push(`${name}: must have at least ${MIN_SECRET_LENGTH} characters`)
    }
  }
  return problems
}

function apiProblems(config: ResolvedConfig): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  config.apis.forEach((api, index) => {
    const path = `apis[${index}]`
    if (!api.audience) {
      problems.push(`${path}.audience: must not be empty`)
      return
    }
    for (const resource of resourcesOf(api)) {
      const url = URL.parse(resource)
      if (!url || url.href.includes('#')) {
        problems.push(`${path}.resources: "${resource}" must be an absolute URI without a fragment`)
      }
      if (seen.has(resource)) problems.push(`${path}: "${resource}" is already another API`)
      seen.add(resource)
    }
    for (const scope of Object.keys(api.scopes)) {
      // RFC 6749 section 3.3.
      if (!/^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope)) {
        problems.push(`${path}.scopes: "${scope}" is not a scope`)
      }
    }
    for (const scope of api.defaultScopes) {
      if (!(scope in api.scopes))
        problems.push(`${path}.defaultScopes: "${scope}" is no scope of it`)
    }
    problems.push(...durationProblems(`${path}.accessTokenSeconds`, api.accessTokenSeconds))
  })
  for (const name of ['refreshTokenSeconds', 'sessionSeconds', 'keyRotationSeconds'] as const) {
    problems.push(...durationProblems(name, config[name]))
  }
  problems.push(...colorProblems(config.colors))
  if (config.logo !== undefined && !/^\s*<svg[\s>]/.test(config.logo)) {
    problems.push('logo: must be an SVG document')
  }
  const { defaultAudience, refreshGraceSeconds } = config
  if (!config.publicClients && (config.openRegistration || config.clientDocuments !== false)) {
    problems.push('publicClients: must be true where clients come by themselves')
  }
  if (!Number.isSafeInteger(refreshGraceSeconds) || refreshGraceSeconds < 0) {
    problems.push('refreshGraceSeconds: must be a positive integer or 0')
  }
  if (defaultAudience && !config.apis.some(({ audience }) => audience === defaultAudience)) {
    problems.push(`defaultAudience: no API has the audience "${defaultAudience}"`)
  }
  return problems
}

function durationProblems(path: string, seconds: number): string[] {
  return Number.isSafeInteger(seconds) && seconds > 0 ? [] : [`${path}: must be a positive integer`]
}
