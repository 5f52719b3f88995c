// The tour's signed links. The key is known to everybody who reads this, and good for nothing else.

import type { LinkOptions } from '../../src/auth/link/options.ts'
import { signLink } from '../../src/auth/link/sign.ts'

export const LINKS = {
  keys: ['Wn4tD8rKc2Jx6VgZq9LbF5sHy3MpTe7A'],
  ttlSeconds: 3_600,
} satisfies LinkOptions

/** A link that works for an hour, and one that has just ended. */
export async function demoLinks(url: string): Promise<{ good: string; ended: string }> {
  const now = Math.floor(Date.now() / 1_000)
  const file = `${url}/files/report.pdf`
  const [good, ended] = await Promise.all([
    signLink(file, LINKS, { now }),
    signLink(file, LINKS, { now: now - LINKS.ttlSeconds }),
  ])
  return { good: good.url, ended: ended.url }
}
