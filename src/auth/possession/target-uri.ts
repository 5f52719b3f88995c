/** The address of a request as a DPoP proof has it: `htu` (RFC 9449 section 4.2). No I/O. */

import { canonicalPath } from '../../lib/canonical-path.ts'
import type { Location } from '../../router.ts'

const PARTS = /^(https?):\/\/([^/?#@\\]+)([^?#]*)/i
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/**
 * Whether a URL is the one that was asked, without query and fragment. Both are normalised first (RFC 9449 section
 * 4.3, RFC 3986 sections 6.2.2 and 6.2.3): letters of scheme and host, the scheme's own port, escapes, dot segments.
 */
export function isTarget(htu: string, { scheme, host, rawPath }: Location): boolean {
  const asked = `${scheme}://${host}${rawPath}`
  if (htu === asked) return true
  const normal = normalized(htu)
  return normal !== undefined && normal === normalized(asked)
}

function normalized(url: string): string | undefined {
  const [whole, scheme = '', authority = '', path = ''] = PARTS.exec(url) ?? []
  if (whole === undefined) return undefined
  const canonical = canonicalPath(path || '/', { allowAmbiguous: true })
  if (canonical === undefined) return undefined
  const [, name = '', port = ''] = /^(.*?)(?::(\d*))?$/.exec(authority) ?? []
  const isDefault = port === '' || port === DEFAULT_PORTS[scheme.toLowerCase()]
  return `${scheme}://${name}${isDefault ? '' : `:${port}`}`.toLowerCase() + canonical
}
