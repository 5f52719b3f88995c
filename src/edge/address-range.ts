/** One address, or a range of them, as an owner writes it. */

import ipaddr from 'ipaddr.js'

export interface Range {
  /** The first address, and how many of its bits all have in common. */
  readonly of: [ipaddr.IPv4 | ipaddr.IPv6, number]
  /** As it is written. */
  readonly text: string
}

const GENERAL =
  "must be an IP address or a range of them, for example '203.0.113.7', '203.0.113.0/24' or '2001:db8::/32'"

/** What is wrong with a range; undefined where nothing is. */
export function explainRange(text: string): string | undefined {
  const [address = '', prefix, ...others] = text.split('/')
  if (/[a-z]/i.test(address) && !address.includes(':')) {
    return 'is a name, and must be an IP address: names are not looked up'
  }
  const wildcards = /^((?:\d{1,3}\.){1,3})(?:\*\.)*\*$/.exec(text)?.[1]
  if (wildcards !== undefined) return `must not have '*' in it. Write ${fromWildcards(wildcards)}`
  if (/^[\d.]+\s*-\s*[\d.]+$/.test(text)) {
    return "must be a range in CIDR notation, not from one address to another, for example '203.0.113.0/24'"
  }
  const first = readAddress(address)
  if (!first || others.length > 0) return GENERAL
  const bits = first.kind() === 'ipv4' ? 32 : 128
  if (prefix !== undefined && ipaddr.IPv4.isValidFourPartDecimal(prefix)) {
    const length = ipaddr.IPv4.parse(prefix).prefixLengthFromSubnetMask()
    if (bits === 32 && length !== null) return `must end with a number: '${address}/${length}'`
  }
  if (prefix !== undefined && !(/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits)) {
    return `must end with a number from 0 to ${bits}, for example '${address}/${bits}' for one address`
  }
  if (first instanceof ipaddr.IPv6 && first.isIPv4MappedAddress()) {
    const own = first.toIPv4Address().toString()
    const length = Number(prefix ?? 128) - 96
    if (length < 0) return GENERAL
    return `is IPv4 in the form of IPv6. Write it as IPv4: '${length === 32 ? own : `${own}/${length}`}'`
  }
  if (prefix === undefined) return undefined
  const begin = networkOf(text, bits)
  return begin === first.toString()
    ? undefined
    : `does not begin where its range does. Write '${begin}/${prefix}', or '${address}' for this one address`
}

/** Of a range in which nothing is wrong. */
export function readRange(text: string): Range {
  if (text.includes('/')) return { of: ipaddr.parseCIDR(text), text }
  const address = ipaddr.parse(text)
  return { of: [address, address.kind() === 'ipv4' ? 32 : 128], text }
}

/** Four decimal numbers, or IPv6 without a zone: the library also reads what C does, `0x7f.1` and `010.0.0.1`. */
export function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const isIpv6 = text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)
  return isIpv6 || ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.parse(text) : undefined
}

function networkOf(text: string, bits: number): string {
  const { IPv4, IPv6 } = ipaddr
  return (bits === 32 ? IPv4 : IPv6).networkAddressFromCIDR(text).toString()
}

function fromWildcards(parts: string): string {
  const known = parts.split('.').filter(Boolean)
  const zeros = Array<string>(4 - known.length).fill('0')
  return `'${[...known, ...zeros].join('.')}/${known.length * 8}'`
}
