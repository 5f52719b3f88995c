/**
 * Where a client learns which authorization server to ask for a token (RFC 9728). MCP clients find their
 * way in from the 401 alone: challenge, this document, the server's own metadata, a token.
 */

import * as v from 'valibot'
import { type Reporter, reportIssues, text } from '../options/schemas.ts'
import type { Handler } from '../upstream/target.ts'

export const WELL_KNOWN = '/.well-known/oauth-protected-resource'

export interface ProtectedResourceOptions {
  /** A name for people, shown by clients when they ask for consent. Default: none. */
  name?: string
  /** A page for developers. Default: none. */
  documentation?: string
}

/** A route's `resource`, made by {@link protectedResource}. */
export interface ProtectedResource {
  check(path: string, to: Reporter): void
  /** Answers the metadata document of the resource at `path` of whatever host is asked. */
  handler(path: string, issuers: readonly string[], scopes: readonly string[]): Handler
}

const schema = v.strictObject({ name: v.optional(text), documentation: v.optional(text) })

/**
 * Publishes metadata for a route: its issuers as authorization servers, its scopes, and the URL of its
 * literal prefix as the resource. The route's 401 and 403 then name the document.
 */
export function protectedResource(options: ProtectedResourceOptions = {}): ProtectedResource {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },

    handler(path, issuers, scopes) {
      return ({ url }) => {
        const metadata = {
          resource: new URL(url).origin + path,
          authorization_servers: issuers,
          ...(scopes.length > 0 && { scopes_supported: scopes }),
          bearer_methods_supported: ['header'],
          ...(options.name !== undefined && { resource_name: options.name }),
          ...(options.documentation !== undefined && {
            resource_documentation: options.documentation,
          }),
        }
        // Anybody may read it, clients in browsers included.
        return Response.json(metadata, {
          headers: { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' },
        })
      }
    },
  }
}
