/**
 * Where a client learns which authorization server to ask for a token (RFC 9728). MCP clients find their
 * way in from the 401 alone: challenge, this document, the server's own metadata, a token.
 */

import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import { isSecureUrl } from '../lib/url.ts'
import { options } from '../options/options.ts'
import { reportIssues, textLike } from '../options/schemas.ts'
import { type Location, literalPrefix, originOf } from '../router.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

export interface ProtectedResourceOptions {
  /** A name for people, shown by clients when they ask for consent. Default: none. */
  name?: string
  /** A page for developers. Default: none. */
  documentation?: string
}

/** A route's `resource`, made by {@link protectedResource}. */
export interface ProtectedResource {
  /** The document's URL at the host that was asked; undefined for a route that asks nobody for a token. */
  metadataUrl(location: Location): string | undefined
}

const schema = options<ProtectedResourceOptions>(
  {
    name: v.exactOptional(textLike("'Orders'")),
    documentation: v.exactOptional(textLike("'https://docs.acme.example'")),
  },
  {
    example: "protectedResource({ name: 'Orders' })",
    examples: { name: "'Orders'", documentation: "'https://docs.acme.example'" },
    otherNames: { scopes: 'Scopes are those of the route: { path, to, scopes, resource }' },
  },
)

/**
 * Publishes metadata for a route: its issuers as authorization servers, its scopes, and the URL of its
 * literal prefix as the resource. The route's 401 and 403 then name the document.
 */
export function protectedResource(
  given: ProtectedResourceOptions = {},
): RoutePart<ProtectedResource> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile({ path, host, schemes, scopes }, house) {
      if (schemes.length === 0) return { metadataUrl: () => undefined }
      const prefix = literalPrefix(path)
      // A FusionAuth issuer may be any text; only a URL leads a client anywhere.
      const issuers = schemes.map((name) => house.oauth(name)?.issuer).filter(isSecureUrl)
      // Section 3.1.
      const document = WELL_KNOWN + prefix
      const metadata = {
        authorization_servers: issuers,
        ...(scopes.length > 0 && { scopes_supported: scopes }),
        bearer_methods_supported: ['header'],
        ...(given.name !== undefined && { resource_name: given.name }),
        ...(given.documentation !== undefined && {
          resource_documentation: given.documentation,
        }),
      }
      return {
        metadataUrl: (location) => originOf(location) + document,
        endpoints: [
          {
            path: document,
            host,
            methods: ['GET'],
            handle: ({ location }) =>
              answer({ resource: originOf(location) + prefix, ...metadata }),
          },
        ],
      }
    },
  }
}

/** Anybody may read it, clients in browsers included. */
function answer(metadata: Record<string, unknown>): Response {
  return Response.json(metadata, {
    headers: { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' },
  })
}
