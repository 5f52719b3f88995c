/** The issuer as an authorization server: what it says of itself (RFC 8414), and how it is asked. */

import { type AuthorizationServer, allowInsecureRequests, customFetch } from 'oauth4webapi'
import { fetchMetadata } from '../auth/bearer/discovery.ts'
import type { House, OAuthIssuer } from '../auth/feature.ts'
import { bound, type Fetch } from '../lib/fetch.ts'
import { fetchJson } from '../lib/fetch-json.ts'
import { isObject } from '../lib/strict-json.ts'
import { isSecureUrl } from '../lib/url.ts'
import { describe, unavailable } from './failure.ts'

const KEPT_SECONDS = 3_600
const MAX_ANSWER_BYTES = 262_144
/** Where a browser is sent. */
const PAGES = ['authorization_endpoint', 'end_session_endpoint'] as const
/** What the gateway itself asks. */
const ASKED = ['token_endpoint', 'revocation_endpoint', 'jwks_uri'] as const
/** What gets a client secret and refresh tokens. */
const CONFIDED: readonly string[] = ['token_endpoint', 'revocation_endpoint']

export interface Server {
  /** Throws `issuer_unavailable` where it is not known, and the issuer does not answer. */
  metadata(signal: AbortSignal): Promise<AuthorizationServer>
  /** For the calls of oauth4webapi. */
  requests(signal: AbortSignal): { [customFetch]: AskFetch; [allowInsecureRequests]: boolean }
  readonly fetch: Fetch
}

type AskFetch = (url: string, init: AskInit) => Promise<Response>

/** What the library gives to a `fetch` of ours, as far as it counts here. */
interface AskInit {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: URLSearchParams | undefined
}

/** `tokenOrigin`: where the owner allows secrets to be sent beside the issuer's own origin. */
export function createServer(
  oauth: OAuthIssuer,
  tokenOrigin: string | undefined,
  house: House,
): Server {
  const { issuer, issuers = [issuer], via, url = issuer } = oauth
  const fetch = via ? bound(via) : house.fetch
  const own = new URL(url).origin
  const origins = { own, bound: via !== undefined, confided: [own, tokenOrigin ?? own] }
  let known: { metadata: AuthorizationServer; at: number } | undefined

  return {
    fetch,

    async metadata(signal) {
      if (known && house.now() - known.at < KEPT_SECONDS) return { ...known.metadata }
      try {
        const document = await fetchMetadata(url, { fetch, signal })
        known = { metadata: readMetadata(document, issuers, origins), at: house.now() }
      } catch (cause) {
        // An hour is for changes. Without an answer, what was said before still holds.
        if (!known) throw unavailable(describe(cause), cause)
      }
      return { ...known.metadata }
    },

    requests: (signal) => ({
      [customFetch]: async (asked, { method, headers, body }) => {
        const init = { method, headers, ...(body && { body }) }
        const answer = await fetchJson(asked, { fetch, signal, maxBytes: MAX_ANSWER_BYTES, init })
        if (answer.status >= 500 || answer.status === 429) {
          throw unavailable(`${new URL(asked).pathname} answered ${answer.status}`)
        }
        const text = answer.body === undefined ? null : JSON.stringify(answer.body)
        const json = { 'content-type': 'application/json' }
        return new Response(text, { status: answer.status, headers: json })
      },
      // Which addresses may be plain http is checked where they are read.
      [allowInsecureRequests]: true,
    }),
  }
}

/** Throws where it is not that of the issuer, or names an address that nothing is sent to. */
function readMetadata(
  document: unknown,
  issuers: readonly string[],
  { own, bound: isBound, confided }: Origins,
): AuthorizationServer {
  if (!isObject(document) || !issuers.includes(document.issuer as string)) {
    throw new Error('the discovery document is not that of the configured issuer')
  }
  for (const name of [...PAGES, ...ASKED]) {
    const address = document[name]
    if (address !== undefined && !isSecureUrl(address)) {
      throw new Error(`its ${name} is no https address`)
    }
  }
  for (const name of ASKED) {
    const address = document[name]
    if (address === undefined) continue
    const { origin } = new URL(address as string)
    if (isBound && origin !== own) {
      throw new Error(`its ${name} is on another origin than via leads to`)
    }
    if (CONFIDED.includes(name) && !confided.includes(origin)) {
      throw new Error(`its ${name} is on ${origin}: if that is right, name it as tokenOrigin`)
    }
  }
  return document as unknown as AuthorizationServer
}

interface Origins {
  readonly own: string
  /** Whether a binding leads there, and only there. */
  readonly bound: boolean
  readonly confided: readonly string[]
}
