/** A route whose pages ask people to sign in, and bring them back. Programs get the 401 as everywhere. */

import type { RoutePart } from '../auth/feature.ts'
import type { LoginPage } from '../edge/refusal.ts'
import { isOwnPath } from './return-to.ts'

/**
 * A person who goes to a page of the route (`Sec-Fetch-Mode: navigate`, GET) and would get a 401 goes to the login of
 * the route's scheme, and comes back to the same address. Every other request gets the 401.
 */
export function loginPage(): RoutePart<LoginPage> {
  return {
    check: () => {},
    compile({ schemes }, house) {
      const [loginAt] = schemes.flatMap((name) => house.scheme(name).loginAt ?? [])
      return {
        address(request, { rawPath, search }) {
          if (!loginAt || !isPageVisit(request)) return undefined
          const path = rawPath + search
          return loginAt(isOwnPath(path) ? path : '/')
        },
      }
    },
  }
}

/** Only a browser says so, and only of what a person is going to see: a frame or a prefetch is none. */
function isPageVisit({ method, headers }: Request): boolean {
  if (method !== 'GET' || headers.get('sec-fetch-mode') !== 'navigate') return false
  return (headers.get('sec-fetch-dest') ?? 'document') === 'document'
}
