/**
 * Requests to addresses that a client named: its key set, its logout URL, its metadata document. They
 * go to public hosts over https, follow no redirect, and have a deadline. A Worker cannot ask what a
 * name resolves to; production does not route to private addresses (`global_fetch_strictly_public`).
 */

import { isLoopback } from '../storage/redirect-uris.ts'

const TIMEOUT_MS = 5000
const PRIVATE_NAMES =
  /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|test|invalid|onion|home\.arpa)\.?$/i
/** Public names that resolve to the machine of whoever asks. */
const LOOPBACK_NAMES =
  /(?:^|\.)(?:localtest\.me|lvh\.me|vcap\.me|nip\.io|sslip\.io|xip\.io|lacolhost\.com|local\.gd)\.?$/i

type Send = (url: string, init: RequestInit) => Promise<Response>

export interface Outside {
  /** Answers why an address is not asked, or undefined. */
  problem(url: string): string | undefined
  /** Throws where {@link problem} has something to say. */
  fetch(url: string, init?: RequestInit): Promise<Response>
}

/** `issuer` is this server's own origin; one on plain http, for development, may reach its own machine. */
export function createOutside(issuer: string, send: Send): Outside {
  const own = new URL(issuer)
  const problem = (address: string) => {
    const url = URL.parse(address)
    if (!url) return 'it is not a URL'
    if (own.protocol === 'http:' && isLoopback(url) && url.host !== own.host) return undefined
    if (url.protocol !== 'https:') return 'it must be https'
    if (url.username || url.password) return 'it must not hold a password'
    if (url.hostname === own.hostname) return 'it must not be this server'
    if (/^\[|^[\d.]+$/.test(url.hostname)) return 'it must have a name, not an address'
    if (!url.hostname.includes('.') || PRIVATE_NAMES.test(url.hostname)) return 'it must be public'
    if (LOOPBACK_NAMES.test(url.hostname)) return 'it must be public'
    return undefined
  }
  return {
    problem,
    async fetch(url, init) {
      const reason = problem(url)
      if (reason !== undefined) throw new Error(`${url} is not asked: ${reason}`)
      return send(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    },
  }
}
