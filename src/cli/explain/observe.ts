/**
 * A config that tells what it is asked: the same features, with an ear at each of their methods, and one stand-in
 * in place of every origin. The gateway that runs it is the Worker's own, and knows nothing of this.
 */

import type { House } from '../../auth/feature.ts'
import type { GatewayConfig, RouteConfig } from '../../config/define.ts'
import type { AnyFeature } from '../../config/route-parts.ts'
import type { Fetch } from '../../lib/fetch.ts'
import type { Handler } from '../../upstream/target.ts'

/** What a feature was asked, and what it said. */
export interface Step {
  /** `schemes.main`, or the name of a part such as `resource`. */
  readonly of: string
  /** The method that was called. */
  readonly name: string
  readonly args: readonly unknown[]
  /** What it returned or threw. */
  readonly outcome: { readonly value: unknown } | { readonly error: unknown }
}

export interface Observer {
  step(step: Step): void
}

/** What stands in for the origins. */
export interface Origin {
  readonly fetch: Fetch
  readonly handle: Handler
}

/** Methods that are no step of a request. */
const NO_STEPS = new Set(['fields', 'scheduled', 'challenge'])

export function observed(config: GatewayConfig, observer: Observer, origin: Origin): GatewayConfig {
  // What is only explained is counted by nobody, and no part of its line is left out.
  const { metrics: _, log: __, ...rest } = config
  const { schemes, every, routes } = rest
  const entries = Object.entries(schemes).map(
    ([name, scheme]) => [name, listen(scheme, `schemes.${name}`, observer)] as const,
  )
  return {
    ...rest,
    schemes: Object.fromEntries(entries),
    ...(every && { every: withParts(every, observer) }),
    routes: routes.map((route) => withParts(withOrigin(route, origin), observer)),
  }
}

/** Of whatever a route has, what can be compiled is a part: a new one needs no line here. */
function withParts<Parts extends object>(parts: Parts, observer: Observer): Parts {
  const entries = Object.entries(parts).map(([name, part]) => [
    name,
    isPart(part) ? listen(part, name, observer) : part,
  ])
  return Object.fromEntries(entries) as Parts
}

/** Whether an option of a route is a part of it. */
export function isPart(value: unknown): value is AnyFeature {
  return ['check', 'compile'].every((name) => typeof Object(value)[name] === 'function')
}

function listen<Of extends AnyFeature>(feature: Of, of: string, observer: Observer): Of {
  return {
    ...feature,
    check: feature.check.bind(feature),
    compile: (site: unknown, house: House) => overhear(feature.compile(site, house), of, observer),
  }
}

function overhear(compiled: unknown, of: string, observer: Observer): unknown {
  if (typeof compiled !== 'object' || compiled === null) return compiled
  return new Proxy(compiled, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function' || typeof name !== 'string' || NO_STEPS.has(name))
        return value
      return (...args: unknown[]) => {
        const note = (outcome: Step['outcome']) => observer.step({ of, name, args, outcome })
        return watch(() => Reflect.apply(value, target, args), note)
      }
    },
  })
}

function watch(call: () => unknown, note: (outcome: Step['outcome']) => void): unknown {
  let value: unknown
  try {
    value = call()
  } catch (error) {
    note({ error })
    throw error
  }
  if (!(value instanceof Promise)) {
    note({ value })
    return value
  }
  return value.then(
    (settled: unknown) => {
      note({ value: settled })
      return settled
    },
    (error: unknown) => {
      note({ error })
      throw error
    },
  )
}

/** A URL keeps its place in the request, a function stays one: only who answers is another. */
function withOrigin(route: RouteConfig, { fetch, handle }: Origin): RouteConfig {
  const { to } = route
  if (typeof to === 'function') return { ...route, to: handle }
  if (typeof to === 'string') return { ...route, via: { fetch } }
  if (Object.hasOwn(to, 'url')) return { ...route, to: { ...to, via: { fetch } } }
  return { ...route, to: { fetch } }
}
