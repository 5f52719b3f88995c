/** Which API a request means, and what it may do there where the request does not say. */

import { InvalidTarget } from 'oidc-provider/lib/helpers/errors.js'
import type { Client, Context } from 'oidc-provider/lib/provider.js'
import { type ApiConfig, type ResolvedConfig, resourcesOf } from '../config.ts'

/** Requests that end in a question to a person. */
const ASKING = new Set(['authorization', 'pushed_authorization_request', 'device_authorization'])

/** The API that a `resource` means; a final slash makes no other of it. */
export function createApiLookup(
  config: ResolvedConfig,
): (resource: string) => Required<ApiConfig> | undefined {
  const trim = (uri: string) => uri.replace(/\/$/, '')
  const apis = new Map(
    config.apis.flatMap((api) => resourcesOf(api).map((uri) => [trim(uri), api] as const)),
  )
  return (resource) => apis.get(trim(resource))
}

export function resourceIndicators(config: ResolvedConfig): Record<string, unknown> {
  const apiOf = createApiLookup(config)
  const ownDefault = config.apis.find(({ audience }) => audience === config.defaultAudience)
  const defaultResource = ownDefault && resourcesOf(ownDefault)[0]
  return {
    enabled: true,
    defaultResource: async (ctx: Context, client: Client, oneOf?: string[]) => {
      if (!oneOf && !defaultResource) askFor(ctx, client, ['openid'])
      return oneOf ?? defaultResource
    },
    useGrantedResource: async () => true,
    getResourceServerInfo: async (ctx: Context, resource: string, client: Client) => {
      const api = apiOf(resource)
      if (!api) throw new InvalidTarget()
      askFor(ctx, client, api.defaultScopes)
      return {
        audience: api.audience,
        scope: Object.keys(api.scopes).join(' '),
        accessTokenTTL: api.accessTokenSeconds,
        accessTokenFormat: api.accessTokenFormat,
        ...(api.accessTokenFormat === 'jwt' && { jwt: { sign: { alg: 'RS256' } } }),
      }
    },
  }
}

/** A request without a scope means the default ones (RFC 6749 section 3.3), as far as its client may. */
function askFor(ctx: Context, client: Client, scopes: readonly string[]): void {
  const { route, params } = ctx.oidc ?? {}
  if (!params || params.scope !== undefined || !ASKING.has(route ?? '')) return
  const allowed = client.scope?.split(' ')
  const asked = scopes.filter((scope) => !allowed || allowed.includes(scope))
  if (asked.length > 0) params.scope = asked.join(' ')
}
