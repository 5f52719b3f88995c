/** How the gateway shows the issuer that it is itself. */

import { type AuthorizationServer, ClientSecretBasic, ClientSecretPost, None } from 'oauth4webapi'

export interface ClientAuthentication {
  readonly clientSecret: string | undefined
  readonly clientAuthentication: 'client_secret_basic' | 'client_secret_post' | undefined
}

/** RFC 6749 section 2.3.1 wants the header wherever an issuer does not say that it cannot take it. */
export function authenticationAt(
  metadata: AuthorizationServer,
  { clientSecret, clientAuthentication }: ClientAuthentication,
) {
  if (clientSecret === undefined) return None()
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const isBasic = clientAuthentication
    ? clientAuthentication === 'client_secret_basic'
    : methods.includes('client_secret_basic')
  return isBasic ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret)
}
