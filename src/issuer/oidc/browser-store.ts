/**
 * What a visitor who has not signed in needs from one request to the next, kept in the visitor's own
 * browser: a cookie that only this server can read or make. So a stranger causes nothing to be stored.
 */

import { InvalidRequest } from 'oidc-provider/lib/helpers/errors.js'
import type { Context } from 'oidc-provider/lib/provider.js'
import { createSealer } from './sealed-text.ts'

/** A browser takes 4,096 bytes with the name and the attributes. */
const MAX_COOKIE_LENGTH = 3800
const MAX_COOKIES = 2

export interface BrowserStore {
  /** Reads what was kept under this name for this id; undefined where it is not there or altered. */
  get(ctx: Context, name: string, id: string): unknown
  /** Keeps it for pages below `path`. Throws `invalid_request` where it is too large for a browser. */
  put(ctx: Context, name: string, id: string, value: unknown, where: CookiePlace): void
  drop(ctx: Context, name: string, path: string): void
}

export interface CookiePlace {
  path: string
  /** How long the browser keeps it. */
  seconds: number
}

/** `keys` are the server's cookie keys; `secure` adds the prefix and the attribute. */
export function createBrowserStore(keys: readonly string[], secure: boolean): BrowserStore {
  const sealer = createSealer(keys, 'gatehouse issuer browser state')
  const cookieName = (name: string, index: number) =>
    `${secure ? '__Secure-' : ''}issuer_${name}${index === 0 ? '' : `_${index}`}`
  const attributes = { httpOnly: true, sameSite: 'lax', secure, signed: false } as const

  return {
    get(ctx, name, id) {
      let text = ''
      for (let index = 0; index < MAX_COOKIES; index++) {
        text += ctx.cookies.get(cookieName(name, index), { signed: false }) ?? ''
      }
      return text === '' ? undefined : sealer.open(`${name}:${id}`, text)
    },
    put(ctx, name, id, value, { path, seconds }) {
      const text = sealer.seal(`${name}:${id}`, value)
      if (text.length > MAX_COOKIE_LENGTH * MAX_COOKIES) {
        throw new InvalidRequest('the parameters of the request are too long')
      }
      const options = { ...attributes, path, maxAge: seconds * 1000 }
      for (let index = 0; index < MAX_COOKIES; index++) {
        const part = text.slice(index * MAX_COOKIE_LENGTH, (index + 1) * MAX_COOKIE_LENGTH)
        if (part !== '') ctx.cookies.set(cookieName(name, index), part, options)
      }
    },
    drop(ctx, name, path) {
      for (let index = 0; index < MAX_COOKIES; index++) {
        const known = cookieName(name, index)
        if (ctx.cookies.get(known, { signed: false }) === undefined) continue
        ctx.cookies.set(known, null, { ...attributes, path })
      }
    },
  }
}
