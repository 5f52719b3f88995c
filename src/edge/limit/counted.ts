/** Whose requests a limit counts together. */

import { type ClaimLocation, readClaim } from '../../auth/claim-location.ts'
import { clientOf } from '../../auth/client.ts'
import type { Call } from '../../auth/feature.ts'
import type { Principal } from '../../auth/principal.ts'

/** Beside `'address'`, which is known before anybody has said who they are. */
export type CallerCount = 'subject' | 'client' | 'key' | { readonly claim: ClaimLocation }

/**
 * The parts of a caller's name, undefined for nobody. A caller that has no such claim, client or key is counted by its
 * subject, so that none goes uncounted.
 */
export function countedCaller({ principals }: Call, by: CallerCount): string[] | undefined {
  const [principal] = principals
  if (!principal) return undefined
  const value = valueFor(principal, by)
  return value === undefined
    ? ['subject', principal.issuer, principal.subject ?? '']
    : [typeof by === 'object' ? 'claim' : by, principal.issuer, value]
}

function valueFor({ claims, kind }: Principal, by: CallerCount): string | undefined {
  if (by === 'subject') return undefined
  if (by === 'key') return kind === 'key' ? textOf(claims.jti) : undefined
  return by === 'client' ? clientOf(claims) : textOf(readClaim(claims, by.claim))
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * An IPv4 address, or the /64 of an IPv6 one: who has one address of a /64 has all of them. Requests without an address
 * are counted together; on Cloudflare there are none.
 */
export function countedAddress(headers: Headers): string {
  const address = headers.get('cf-connecting-ip') ?? ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address
  const [head = '', tail] = address.toLowerCase().split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array<string>(zeros).fill('0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
