/** Which URLs and hosts are safe to talk to in plain text, and which are not. No I/O. */

/** https, or http to this machine: nothing else is ever asked for keys or verdicts. */
export function isSecureUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  return protocol === 'https:' || (protocol === 'http:' && isLocalhost(hostname))
}

export function isLocalhost(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}
