/** What an administrator says about a client, in the names of RFC 7591. */

import { areNative, isLoopback, redirectUriProblem } from './redirect-uris.ts'

/** What an administrator says about a client. */
export interface NewClient {
  /** Default: 22 random characters. */
  id?: string
  /** At least 32 characters. Default: 256 random bits. Ignored for a public client. */
  secret?: string
  name?: string
  /**
   * `service` has only client_credentials; `web` keeps a secret; `public` (browser, mobile) cannot;
   * `device` neither, nor can it be called back (RFC 8628).
   */
  kind: 'service' | 'web' | 'public' | 'device'
  redirectUris?: string[]
  postLogoutRedirectUris?: string[]
  backchannelLogoutUri?: string
  /** An application of the server's owner: people who sign in to it are not asked for consent. */
  firstParty?: boolean
  /** The scopes it may ask for, separated by spaces. Default: every scope there is. */
  scope?: string
  /** The `roles` claim of tokens it gets for itself. */
  roles?: string[]
}

/** What of a client can be changed; what is left out stays. */
export type ClientChange = Omit<NewClient, 'id' | 'kind' | 'secret'>

/** What a client of this kind may do, and how it proves who it is. */
export function grantsOf(kind: NewClient['kind'], redirectUris: string[]): Record<string, unknown> {
  if (kind === 'service') {
    return {
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    }
  }
  if (kind === 'device') {
    return {
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    }
  }
  return {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: kind === 'web' ? 'client_secret_basic' : 'none',
    // RFC 8252: a native client may use any loopback port, and is asked for consent each time.
    application_type: kind === 'public' && areNative(redirectUris) ? 'native' : 'web',
  }
}

/** In the names of RFC 7591, without what depends on the kind. */
export function metadataOf(client: ClientChange): Record<string, unknown> {
  return {
    ...(client.name && { client_name: client.name }),
    ...(client.postLogoutRedirectUris && {
      post_logout_redirect_uris: client.postLogoutRedirectUris,
    }),
    ...(client.backchannelLogoutUri && {
      backchannel_logout_uri: client.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
    ...(client.scope && { scope: client.scope }),
    ...(client.firstParty && { first_party: true }),
  }
}

/** Throws where an address cannot be one of a client. */
export function checkUris({
  redirectUris = [],
  postLogoutRedirectUris = [],
  backchannelLogoutUri,
}: ClientChange): void {
  const uris = [...redirectUris, ...postLogoutRedirectUris]
  const problem = uris.map(redirectUriProblem).find((text) => text !== undefined)
  if (problem !== undefined) throw new Error(problem)
  if (backchannelLogoutUri !== undefined) checkLogoutUri(backchannelLogoutUri)
}

function checkLogoutUri(uri: string): void {
  const url = URL.parse(uri)
  if (url && (url.protocol === 'https:' || isLoopback(url))) return
  throw new Error(`"${uri}" must be https: this server sends who signed out there`)
}
