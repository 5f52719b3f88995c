/** Which IP addresses may use a route, asked before anybody is asked who they are. */

import ipaddr from 'ipaddr.js'
import * as v from 'valibot'
import type { RoutePart } from '../auth/feature.ts'
import type { Inbound } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import { options } from '../options/options.ts'
import { listOf, reportIssues, textLike } from '../options/schemas.ts'
import { explainRange, type Range, readAddress, readRange } from './address-range.ts'

export interface AddressesOptions {
  /** Addresses and ranges (CIDR notation, RFC 4632 and RFC 4291), IPv4 and IPv6, that may come, and no other. Default: all. */
  allow?: readonly string[]
  /** Those that may not, also where `allow` has them. Default: none. */
  deny?: readonly string[]
}

/** A route's `addresses`, made by {@link addresses}. */
export interface Addresses {
  /** Throws `address_denied`. */
  admit(inbound: Inbound): void
}

const EXAMPLE = "addresses({ allow: ['203.0.113.0/24'] })"
const LIST = "['203.0.113.0/24', '2001:db8::/32']"

const ranges = v.pipe(
  listOf(textLike("'203.0.113.0/24'", explainRange), { example: LIST, isOptional: true }),
  v.maxLength(
    1_000,
    'has more than 1,000 ranges, which are compared one by one. Longer lists are for the rules of your zone (WAF)',
  ),
)

const schema = v.pipe(
  options<AddressesOptions>(
    { allow: v.exactOptional(ranges), deny: v.exactOptional(ranges) },
    {
      example: EXAMPLE,
      examples: { allow: LIST, deny: LIST },
      otherNames: {
        allowlist: 'allow',
        whitelist: 'allow',
        only: 'allow',
        denylist: 'deny',
        blocklist: 'deny',
        blacklist: 'deny',
        block: 'deny',
      },
    },
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const isEmpty = Object.keys(dataset.value).length === 0
    if (isEmpty) addIssue({ message: `names no address. Write ${EXAMPLE}` })
  }),
)

/**
 * Where Cloudflare's Pseudo IPv4 is set to overwrite, this header has such an address in place of an IPv6 one, so that
 * no range would be met.
 */
const PSEUDO: Range = { of: [ipaddr.IPv4.parse('240.0.0.0'), 4], text: '240.0.0.0/4' }

/**
 * Lets in whoever comes from an address of `allow` and none of `deny`; everybody else is 403 `address_denied`. The
 * address is the one that the platform says (`CF-Connecting-IP`); a request without one is refused.
 */
export function addresses(given: AddressesOptions): RoutePart<Addresses> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile() {
      const allow = given.allow?.map(readRange)
      const deny = given.deny?.map(readRange) ?? []
      return {
        summary: summaryOf(given),

        admit({ request }) {
          const why = whyNot(request.headers.get('cf-connecting-ip'), allow, deny)
          if (why !== undefined) throw new GatewayError('address_denied', { reason: why })
        },
      }
    },
  }
}

function summaryOf({ allow = [], deny = [] }: AddressesOptions): string {
  const few = (all: readonly string[]) =>
    all.slice(0, 3).join(' ') + (all.length > 3 ? ` and ${all.length - 3} more` : '')
  return [
    ...(allow.length > 0 ? [`only ${few(allow)}`] : []),
    ...(deny.length > 0 ? [`not ${few(deny)}`] : []),
  ].join(', ')
}

/** Why an address may not come, without saying which it is; undefined where it may. */
function whyNot(
  text: string | null,
  allow: readonly Range[] | undefined,
  deny: readonly Range[],
): string | undefined {
  const sent = readAddress(text ?? '')
  if (!sent) return 'the address of the client is not known'
  // An IPv4 address in the form of an IPv6 one (::ffff:192.0.2.1) is the IPv4 address.
  const isMapped = sent instanceof ipaddr.IPv6 && sent.isIPv4MappedAddress()
  const address = isMapped ? sent.toIPv4Address() : sent
  const isIn = ({ of }: Range) => address.kind() === of[0].kind() && address.match(of)
  const denied = deny.find(isIn)
  if (denied) return `the address of the client is denied by ${denied.text}`
  if (allow) return allow.some(isIn) ? undefined : 'the address of the client is not allowed'
  return isIn(PSEUDO) ? 'the address of the client is hidden by Pseudo IPv4' : undefined
}
