/** What a client may say about itself when it registers, and what is made of how clients say it. */

import { InvalidClientMetadata } from 'oidc-provider/lib/helpers/errors.js'
import type { Context } from 'oidc-provider/lib/provider.js'
import { areNative, redirectUriProblem } from '../storage/redirect-uris.ts'
import type { Outside } from './outside.ts'

const MAX_METADATA_LENGTH = 8192
const GRANTS = new Set([
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
])

/**
 * Rewrites a registration before it is checked. A client is public unless it says otherwise, native
 * where it is called back on the person's device (RFC 8252), and held to no scope, whatever it names: the metadata
 * that it is answered with has none (RFC 7591 section 3.2.1).
 */
export function readRegistration(metadata: Record<string, unknown>, outside: Outside): void {
  if (JSON.stringify(metadata).length > MAX_METADATA_LENGTH) {
    throw new InvalidClientMetadata(`the metadata is longer than ${MAX_METADATA_LENGTH} characters`)
  }
  metadata.token_endpoint_auth_method ??= 'none'
  if (Array.isArray(metadata.redirect_uris)) {
    const uris = metadata.redirect_uris.map(String)
    const problem = uris.map(redirectUriProblem).find((text) => text !== undefined)
    if (problem !== undefined) throw new InvalidClientMetadata(`redirect_uris: ${problem}`)
    metadata.application_type = areNative(uris) ? 'native' : 'web'
  }
  for (const name of ['jwks_uri', 'backchannel_logout_uri']) {
    const address = metadata[name]
    const problem = typeof address === 'string' ? outside.problem(address) : undefined
    if (problem !== undefined) throw new InvalidClientMetadata(`${name}: ${problem}`)
  }
  // What it names is what it needed first, by the challenge that brought it here. Later it may need more (a step up),
  // and it could have registered for that as well: what it gets is for the person to say, each time it asks.
  delete metadata.scope
}

/**
 * With `ctx` a client is registering itself: it may act for a person who consents, and for nobody else.
 * It cannot give itself roles, the owner's trust or the client_credentials grant.
 */
export function refuseSelfPromotion(
  ctx: Context | undefined,
  key: string,
  value: unknown,
  metadata: Record<string, unknown>,
): void {
  if (!ctx) return
  if (value !== undefined) throw new InvalidClientMetadata(`${key} cannot be registered`)
  const grants = (metadata.grant_types ?? []) as string[]
  if (!grants.every((grant) => GRANTS.has(grant))) {
    throw new InvalidClientMetadata('grant_types may hold authorization_code and refresh_token')
  }
}
