/**
 * Where a client learns which authorization server to ask for a token (RFC 9728). MCP clients find their
 * way in from the 401 alone: challenge, this document, the server's own metadata, a token.
 */

import * as v from 'valibot'
import type { House, RoutePart, RouteSite } from '../auth/feature.ts'
import { isLocalhost, isSecureUrl } from '../lib/url.ts'
import { options } from '../options/options.ts'
import { listOf, reportIssues, textLike } from '../options/schemas.ts'
import { type Location, literalPrefix, originOf } from '../router.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

export interface ProtectedResourceOptions {
  /**
   * The resource as clients know it, for example `https://api.example.com/mcp`: what they ask a token for. Default:
   * the literal part of the route's path at the host that was asked, as far as `hosts` lists it.
   */
  url?: string
  /**
   * The scopes that a client has to ask for, where they are called differently than in the token: Entra wants
   * `api://…/Notes.Use` and says `Notes.Use`. Default: the scopes of the route.
   */
  scopes?: readonly string[]
  /** A name for people, shown by clients when they ask for consent. Default: none. */
  name?: string
  /** A page for developers. Default: none. */
  documentation?: string
}

/** A route's `resource`, made by {@link protectedResource}. */
export interface ProtectedResource {
  /** The document's URL; undefined for a route that asks nobody for a token. */
  metadataUrl(location: Location): string | undefined
  /** What clients have to ask for instead of the route's scopes. */
  readonly scopes: readonly string[] | undefined
}

const RESOURCE = "'https://api.acme.example/mcp'"

const resourceUrl = textLike(RESOURCE, (url) => {
  if (!isSecureUrl(url)) {
    return `must start with https://, for example ${RESOURCE}. Plain http is for localhost alone`
  }
  return /[?#]/.test(url) ? `must not have '?' or '#' in it. Write it like ${RESOURCE}` : undefined
})

const SCOPE = "'api://orders/Orders.Read'"

const scope = textLike(SCOPE, (name) => {
  if (/[\s,]/.test(name)) return `is several scopes in one text. Write [${SCOPE}, …]`
  // RFC 6749 section 3.3.
  if (/^[!#-[\]-~]+$/.test(name)) return undefined
  return `has a character that no scope has: a quote, a backslash, or a letter outside ASCII. Write it like ${SCOPE}`
})

const schema = options<ProtectedResourceOptions>(
  {
    url: v.exactOptional(resourceUrl),
    scopes: v.exactOptional(listOf(scope, { example: `[${SCOPE}]`, isOptional: true })),
    name: v.exactOptional(textLike("'Orders'")),
    documentation: v.exactOptional(textLike("'https://docs.acme.example'")),
  },
  {
    example: "protectedResource({ name: 'Orders' })",
    examples: {
      url: RESOURCE,
      scopes: `[${SCOPE}]`,
      name: "'Orders'",
      documentation: "'https://docs.acme.example'",
    },
    otherNames: { resource: 'url', audience: 'url' },
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

    compile(site, house) {
      const { path, host, schemes } = site
      const { url, scopes } = given
      if (schemes.length === 0) return { metadataUrl: () => undefined, scopes }
      const resource = url === undefined ? undefined : new URL(url)
      const prefix = resource ? resource.pathname.replace(/\/$/, '') : literalPrefix(path)
      const originFor = (location: Location) => resource?.origin ?? ownOrigin(location, site)
      // A FusionAuth issuer may be any text; only a URL leads a client anywhere.
      const servers = schemes.map(house.oauth).filter((oauth) => oauth?.servesClients !== false)
      const issuers = servers.map((oauth) => oauth?.issuer).filter(isSecureUrl)
      const asked = scopes ?? site.scopes
      // Section 3.1.
      const document = WELL_KNOWN + prefix
      const metadata = {
        authorization_servers: issuers,
        ...(asked.length > 0 && { scopes_supported: asked }),
        bearer_methods_supported: ['header'],
        ...boundTokenMetadata(site, house),
        ...(given.name !== undefined && { resource_name: given.name }),
        ...(given.documentation !== undefined && {
          resource_documentation: given.documentation,
        }),
      }
      return {
        scopes,
        metadataUrl: (location) => originFor(location) + document,
        endpoints: [
          {
            path: document,
            host,
            methods: ['GET', 'OPTIONS'],
            isForAllPages: true,
            handle: ({ request, location }) =>
              request.method === 'OPTIONS'
                ? preflight()
                : answer({ resource: url ?? originFor(location) + prefix, ...metadata }),
          },
        ],
      }
    },
  }
}

/** Section 2: what clients may, or have to, bind their tokens to. */
function boundTokenMetadata({ schemes }: RouteSite, house: House): Record<string, unknown> {
  const takers = schemes.filter((name) => house.oauth(name) !== undefined)
  const bound = takers.map((name) => house.scheme(name).boundTokens)
  const algorithms = new Set(bound.flatMap((tokens) => tokens?.dpopAlgorithms ?? []))
  return {
    ...(algorithms.size > 0 && { dpop_signing_alg_values_supported: [...algorithms] }),
    ...(bound.length > 0 &&
      bound.every((tokens) => tokens?.requiresDpop) && { dpop_bound_access_tokens_required: true }),
    ...(bound.some((tokens) => tokens?.certificates) && {
      tls_client_certificate_bound_access_tokens: true,
    }),
  }
}

/**
 * The origin of a resource comes from configuration: a token asked for under a name that somebody else chose could
 * be used there. Without any host configured there is only the one that was asked.
 */
function ownOrigin(location: Location, { host, hosts }: RouteSite): string {
  const known = host === undefined ? hosts : [host]
  const { hostname } = location
  const name = known.includes(hostname) ? hostname : known[0]
  return name === undefined || isLocalhost(name) ? originOf(location) : `https://${name}`
}

/** Anybody may read it, clients in browsers included. */
function answer(metadata: Record<string, unknown>): Response {
  return Response.json(metadata, {
    headers: { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' },
  })
}

/** A browser asks first where a client adds headers of its own, as MCP clients do. */
function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': '*',
      'access-control-max-age': '86400',
    },
  })
}
