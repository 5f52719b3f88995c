/** What the owner of an authorization server writes. */

import type { Colors } from './pages/colors.ts'
import type { StorageEnv } from './storage/issuer-storage.ts'

/** The bindings and secrets of the authorization server's Worker. */
export interface IssuerEnv extends StorageEnv {
  /** Its public origin, without a trailing slash: the `iss` of every token. */
  ISSUER: string
  /** The audience of the API in the shipped issuer.config.ts. */
  API_AUDIENCE?: string
  /** Scopes of that API, separated by spaces. */
  API_SCOPES?: string
  /** Of the client that this server is at {@link IssuerConfig.upstream}. */
  UPSTREAM_CLIENT_SECRET?: string
  /** Opens the administration endpoint; at least 32 characters. Without it the endpoint does not exist. */
  ADMIN_KEY?: string
}

/** What {@link IssuerConfig.send} is to send to a person. */
export interface Message {
  kind: 'invite' | 'reset' | 'verify'
  /** The person's mail address; undefined where none is known, and then nothing is sent. */
  to: string | undefined
  /** Where the person sets a password; with `verify`, where they confirm that the address is theirs. */
  url: string
  login: string
  /** What the pages call this server. */
  title: string
}

/** Another OpenID provider, at which people of this server may sign in. */
export interface UpstreamConfig {
  /** What the button calls it. */
  name: string
  /** Its issuer identifier (OpenID Connect Discovery): everything else is found from it. */
  issuer: string
  /** This server as a client there, called back at `<ISSUER>/oauth2/upstream`. */
  clientId: string
  clientSecret: string | undefined
  /** Default "openid email profile". */
  scope?: string
  /**
   * Adds whoever signs in there with a verified mail address and is not known here: from every domain,
   * or from those in a list. Default false: people are added by `npm run issuer -- user add`.
   */
  createPeople?: boolean | string[]
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
   * Sends a message to a person: with it people who forgot their password get a link, invitations go
   * out, and people verify their mail address. Default: none, and no such pages.
   */
  send?: (message: Message, env: IssuerEnv) => Promise<void>
  /**
   * Lets people sign in at another OpenID provider. Who they are here is decided by an address that the
   * provider has verified, the first time, so take one that you trust with that. Default: none.
   */
  upstream?: UpstreamConfig
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
  extends Required<Omit<IssuerConfig, 'defaultAudience' | 'apis' | 'logo' | 'send' | 'upstream'>> {
  issuer: string
  apis: Required<ApiConfig>[]
  defaultAudience: string | undefined
  logo: string | undefined
  send: IssuerConfig['send'] | undefined
  upstream: Upstream | undefined
}

/** An {@link UpstreamConfig} with nothing left to default. */
export type Upstream = Required<UpstreamConfig> & { clientSecret: string }

/** Types the owner's file; it is evaluated once per isolate. */
export function defineIssuer(define: (env: IssuerEnv) => IssuerConfig): typeof define {
  return define
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
