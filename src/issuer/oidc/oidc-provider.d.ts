/**
 * The part of oidc-provider's API that this server uses. The package has no types of its own, and its
 * index module only adds a complaint about the runtime.
 */

declare module 'oidc-provider/lib/provider.js' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  export interface Client {
    clientId: string
    clientName?: string
    clientSecret?: string
    clientAuthMethod: string
    applicationType: 'web' | 'native'
    redirectUris: string[]
    postLogoutRedirectUris?: string[]
    grantTypes: string[]
    roles?: string[]
    first_party?: boolean
    self_registered?: boolean
    scope?: string
    clientUri?: string
    logoUri?: string
    grantTypeAllowed(type: string): boolean
    compareClientSecret(secret: string): boolean | Promise<boolean>
  }

  export interface Grant {
    jti: string
    clientId: string
    accountId: string
    getOIDCScope(): string
    getResourceScope(resource: string): string
    resources?: Record<string, string>
    addOIDCScope(scope: string): void
    addOIDCClaims(claims: string[]): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  export interface Interaction {
    uid: string
    cid: string
    exp: number
    returnTo: string
    grantId?: string
    prompt: {
      name: string
      reasons: string[]
      details: {
        missingOIDCScope?: string[]
        missingOIDCClaims?: string[]
        missingResourceScopes?: Record<string, string[]>
        login_hint?: string
      }
    }
    deviceCode?: string
    params: Record<string, string | string[] | undefined> & {
      client_id: string
      redirect_uri?: string
      scope?: string
    }
    session?: { accountId?: string; uid: string }
  }

  export interface ResourceServer {
    accessTokenTTL?: number
    audience?: string
  }

  /** A token that is being made. */
  export interface Token {
    kind: string
    scopes: Set<string>
    resourceServer?: ResourceServer
  }

  /** What the library makes an id for. */
  export interface IdModel {
    kind: string
    format?: string
    accountId?: string
    clientId?: string
    userCode?: string
  }

  export interface Session {
    jti: string
    uid: string
    accountId?: string
    loginTs?: number
    grantIdFor(clientId: string): string | undefined
    authorizationFor(clientId: string): { grantId?: string; persistsLogout?: boolean }
    loginAccount(details: object): void
    resetIdentifier(): void
  }

  interface IdClass {
    prototype: { generateTokenId(this: IdModel): string }
  }

  export interface Account {
    accountId: string
    claims(use: string, scope: string): Promise<Record<string, unknown>>
  }

  interface Cookies {
    get(name: string, options?: { signed?: boolean }): string | undefined
    set(name: string, value: string | null, options?: object): void
  }

  export interface Context {
    req: IncomingMessage
    res: ServerResponse
    method: string
    path: string
    ip: string
    href: string
    status: number
    body: unknown
    type: string
    response: { get(header: string): string; remove(header: string): void }
    cookies: Cookies
    get(header: string): string
    set(header: string, value: string): void
    redirect(url: string): void
    accepts(...types: string[]): string | false
    oidc?: {
      account?: Account
      client?: Client
      provider: Provider
      route: string
      params?: Record<string, unknown>
      body?: Record<string, unknown>
      session?: Session
      grant?: Grant
      entities: { RotatedRefreshToken?: { jti: string } }
      result?: { consent?: { grantId?: string } }
      requestParamOIDCScopes: Set<string>
      requestParamScopes: Set<string>
      resourceServers: Record<string, { scopes: Set<string> }>
      urlFor(name: string): string
    }
  }

  export interface ProviderError extends Error {
    error: string
    error_description?: string
    error_detail?: string
    statusCode: number
  }

  export type Middleware = (ctx: Context, next: () => Promise<void>) => unknown

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    proxy: boolean
    readonly Client: { prototype: Client; find(id: string): Promise<Client | undefined> }
    readonly Session: { prototype: Session; get(ctx: Context): Promise<Session> }
    readonly Grant: IdClass & {
      new (properties: { accountId: string; clientId: string }): Grant
      find(id: string): Promise<Grant | undefined>
    }
    readonly AccessToken: IdClass
    readonly AuthorizationCode: IdClass
    readonly ClientCredentials: IdClass
    readonly DeviceCode: IdClass
    readonly PushedAuthorizationRequest: IdClass
    readonly RefreshToken: IdClass
    use(middleware: Middleware): this
    callback(): RequestListener
    on(
      event: string,
      listener: (ctx: Context | undefined, error: ProviderError, ...rest: unknown[]) => void,
    ): this
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<Interaction>
    interactionResult(
      req: IncomingMessage,
      res: ServerResponse,
      result: object,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<string>
  }
}

declare module 'oidc-provider/lib/helpers/errors.js' {
  import type { ProviderError } from 'oidc-provider/lib/provider.js'

  type ErrorClass = new (description?: string, detail?: string) => ProviderError

  export const InvalidClient: ErrorClass
  export const InvalidClientMetadata: ErrorClass
  export const InvalidGrant: ErrorClass
  export const InvalidRequestUri: ErrorClass
  export const InvalidTarget: ErrorClass
  export const InvalidRequest: ErrorClass
  export const OIDCProviderError: new (status: number, code: string) => ProviderError
  export const SessionNotFound: ErrorClass
  export const TemporarilyUnavailable: ErrorClass
}
