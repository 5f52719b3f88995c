/** Where a route leads. */

import { type Binding, bound } from '../lib/fetch.ts'
import type { Handler, Target } from '../upstream/target.ts'
import type { RouteConfig } from './define.ts'

/** Undefined where no URL is given: over a binding, and for a function. */
export function originOfTarget(target: Target): string | undefined {
  return target.kind === 'url' ? new URL(target.base).origin : undefined
}

export function compileTarget({ to, via }: RouteConfig): Target {
  if (typeof to === 'function') return { kind: 'handler', handle: to as Handler }
  if (typeof to === 'string') return urlTarget(to, via)
  if (Object.hasOwn(to, 'url')) {
    const { url, via: binding } = to as { url: string; via: Binding }
    return urlTarget(url, binding)
  }
  return { kind: 'binding', fetch: bound(to as Binding) }
}

function urlTarget(url: string, via: Binding | undefined): Target {
  const { origin, pathname } = new URL(url)
  return { kind: 'url', base: origin + pathname.replace(/\/$/, ''), fetch: via && bound(via) }
}
