// A gateway that takes signed links, and a hand that signs what it is told to.

import type { LinkOptions } from '../../src/auth/link/options.ts'
import { type LinkRequest, signLink } from '../../src/auth/link/sign.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import type { RouteConfig } from '../../src/config/define.ts'
import { createTestGateway, ORIGIN, START, type TestGateway } from './gateway.ts'

export const KEY = 'A7fPq2Zs9vXk4LmN8bRt6WcY3hJd5GeQ'
export const OTHER_KEY = 'zQ3sK9dW1fT6yB8nH4jV7mX2cL5pR0gE'
export const HOST = 'https://api.test'

export interface LinkGateway extends TestGateway {
  options: LinkOptions
  /** A link to a path of the gateway, as of its clock. */
  sign(path: string, request?: Partial<LinkRequest>): Promise<string>
}

export async function createLinkGateway(
  options: Partial<LinkOptions> = {},
  route: Partial<RouteConfig> = {},
): Promise<LinkGateway> {
  const whole = {
    keys: [KEY],
    ...(!options.expires && { ttlSeconds: 600 }),
    ...options,
  } as LinkOptions
  const gateway = await createTestGateway({
    config: { schemes: { links: signedLinks(whole) } },
    routes: [{ path: '/*', to: ORIGIN, ...route }],
  })
  return {
    ...gateway,
    options: whole,
    async sign(path, request = {}) {
      const url = path.startsWith('/') ? HOST + path : path
      return (await signLink(url, whole, { now: gateway.clock.now, ...request })).url
    },
  }
}

/** The MAC of Cloudflare's format in plain base64, made without the code under test. */
export async function cloudflareMac(message: string, key = KEY): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', bytes(key), algorithm, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', imported, bytes(message))
  return btoa(String.fromCharCode(...new Uint8Array(mac)))
}

export const NOW = START
