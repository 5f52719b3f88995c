/** Origins in the owner's file: what can be wrong with one, and what to write instead. */

import { isLocalhost } from '../lib/url.ts'

export const ORIGIN = "'https://app.acme.example'"
const WILDCARD = "'https://*.acme.example'"

/** A scheme, a host name and a port, as the Origin header has them (RFC 6454 section 6.1). */
const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/((?:\*\.)?(?:[a-z0-9._-]+|\[[\da-f:]+\]))(?::(\d{1,5}))?$/

/** What is wrong with the origin of a page; undefined where nothing is. */
export function explainOrigin(origin: string): string | undefined {
  if (origin === '*') return "is every page there is. Write origins: '*', without [ ]"
  if (origin === 'null') {
    return `is what pages in a sandbox and files on a disk all send, so that anybody's page would be let in. Serve the page from an origin of its own, and write that, for example ${ORIGIN}`
  }
  if (/[\s,]/.test(origin)) return `is several origins in one text. Write [${ORIGIN}, …]`
  if (!origin.includes('://')) {
    return `must start with https://, for example ${ORIGIN}. What may be read is said by origin, not by host name`
  }
  if (/:\/\/[^/]*\/./.test(origin)) return `must have no path, for example ${ORIGIN}`
  if (/:\/\/.*\/$/.test(origin)) return `must not end with a slash, for example ${ORIGIN}`
  if (SHAPE.test(origin.toLowerCase()) && !SHAPE.test(origin)) {
    return `must be in lower case, for example ${ORIGIN}`
  }
  const [, scheme = '', host = '', port] = SHAPE.exec(origin) ?? []
  if (host === '') {
    return origin.includes('*')
      ? `may have one * as its whole first label: ${WILDCARD}`
      : `must be an origin as a browser spells it, for example ${ORIGIN}`
  }
  return explainParts(scheme, host, port)
}

function explainParts(scheme: string, host: string, port: string | undefined): string | undefined {
  if (host.startsWith('*.') && !/^\*\.[^.]+\.[^.]+/.test(host)) {
    return `lets in every site below '${host.slice(2)}', whoever has it. Write a domain of your own, for example ${WILDCARD}`
  }
  if (scheme === 'http' && !isLocalhost(host.replace(/^\*\./, ''))) {
    return `must start with https://, for example ${ORIGIN}: on the way of a page over plain http anybody can change it. http is for localhost alone`
  }
  const usual = { https: '443', http: '80' }[scheme]
  if (port !== undefined && port === usual) {
    return `must not name the port ${port}, which no browser sends. Take ':${port}' away`
  }
  const isWeb = usual !== undefined
  const read = `${scheme}://${host.replace('*', 'a')}${port === undefined ? '' : `:${port}`}`
  if (isWeb && (!URL.canParse(read) || new URL(read).origin !== read)) {
    return `must be an origin as a browser spells it, for example ${ORIGIN}`
  }
  return undefined
}
