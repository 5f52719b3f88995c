/** Where a visitor comes from, as limits count it. */

import { hash } from 'node:crypto'
import type { Context } from 'oidc-provider/lib/provider.js'
import type { AttemptLimit } from '../storage/attempts.ts'
import { type Place, placeNamed } from '../storage/places.ts'

/** A larger network may do this many times as much as one address. */
const NETWORK_FACTOR = 5

/** The address of the browser or client; issuer.ts has made sure of it. */
export function addressOf(ctx: Context): string {
  return ctx.ip
}

/** The object that counts an address and its neighbours: an IPv4 /16, an IPv6 /32. */
export function networkOf(address: string): Place {
  const network = address.includes(':')
    ? groups(address).slice(0, 2).join(':')
    : address.split('.').slice(0, 2).join('.')
  return placeNamed('visitors', network)
}

/** A name for one customer's address: an IPv4 address, an IPv6 /64. */
export function addressName(address: string): string {
  const customer = address.includes(':') ? groups(address).slice(0, 4).join(':') : address
  return hash('sha256', customer, 'base64url')
}

/**
 * The limits of one action: `max` for an address, an IPv6 /64 being one, and five times as much for a
 * /48, which one customer may have as well.
 */
export function addressLimits(
  action: string,
  address: string,
  max: number,
  windowSeconds: number,
): AttemptLimit[] {
  const own = { bucket: `${action}:${addressName(address)}`, max, windowSeconds }
  if (!address.includes(':')) return [own]
  const site = hash('sha256', `/48 ${groups(address).slice(0, 3).join(':')}`, 'base64url')
  return [own, { bucket: `${action}:${site}`, max: max * NETWORK_FACTOR, windowSeconds }]
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groups(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::')
  const before = head ? head.split(':') : []
  const after = tail ? tail.split(':') : []
  const middle =
    tail === undefined ? [] : Array(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...middle, ...after].map((group) => group.replace(/^0+(?=.)/, ''))
}
