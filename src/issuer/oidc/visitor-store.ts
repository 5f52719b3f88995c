/**
 * What people cause before they have signed in: their sign-in, which their own browser keeps, and what
 * an application pushes for them, which their network's object keeps for a minute, within bounds.
 */

import type { Context } from 'oidc-provider/lib/provider.js'
import type { Artifact } from '../storage/artifacts.ts'
import type { AttemptLimit } from '../storage/attempts.ts'
import { kindOf, type Place } from '../storage/places.ts'
import type { BrowserStore } from './browser-store.ts'
import { addressLimits, addressOf, networkOf } from './network.ts'
import { currentWork } from './request-work.ts'
import type { Payload, VisitorStore } from './stores.ts'
import { temporarilyUnavailable, unavailable } from './unavailable.ts'

/** Pushed requests from one address in a minute, and from one /48. */
const MAX_PUSHED = 60
const WINDOW_SECONDS = 60

/** The objects of networks. */
export interface Networks {
  /** Answers the seconds to wait, else 0. */
  keep(place: Place, artifact: Artifact, limits: AttemptLimit[]): Promise<number>
  reserve(place: Place, limits: AttemptLimit[]): Promise<number>
}

export function createVisitorStore(browser: BrowserStore, networks: Networks): VisitorStore {
  return {
    async admit(action, max) {
      const { ctx } = currentWork()
      const address = addressOf(ctx)
      const limits = addressLimits(action, address, max, WINDOW_SECONDS)
      wait(ctx, await unavailable(networks.reserve(networkOf(address), limits)))
    },
    owns: (place) => kindOf(place) === 'visitors',
    async keep(place, artifact) {
      const { ctx } = currentWork()
      const limits = addressLimits('push', addressOf(ctx), MAX_PUSHED, WINDOW_SECONDS)
      wait(ctx, await unavailable(networks.keep(place, artifact, limits)))
    },
    remember(model, id, payload, home, seconds) {
      const { ctx } = currentWork()
      if (model === 'Session') {
        if (home === undefined)
          browser.put(ctx, 'visitor', id, payload, { path: '/oauth2', seconds })
        return
      }
      const value = home === undefined ? { payload } : { place: home }
      for (const [name, path] of pathsOf(id, payload)) {
        browser.put(ctx, name, id, value, { path, seconds })
      }
    },
    recall(model, id) {
      const { ctx } = currentWork()
      if (model === 'Session') {
        const payload = browser.get(ctx, 'visitor', id) as Payload | undefined
        return payload && { payload }
      }
      const value = browser.get(ctx, 'start', id) ?? browser.get(ctx, 'finish', id)
      return value as { payload?: Payload; place?: Place } | undefined
    },
    forget(model, id) {
      const { ctx } = currentWork()
      if (model === 'Session') browser.drop(ctx, 'visitor', '/oauth2')
      else dropInteraction(ctx, browser, id)
    },
  }
}

function wait(ctx: Context, seconds: number): void {
  if (seconds === 0) return
  ctx.set('retry-after', String(seconds))
  throw temporarilyUnavailable('too many requests from this network, try again later')
}

/** The pages of a sign-in, and where it goes on: each has a cookie of its own. */
function pathsOf(uid: string, payload: Payload): [string, string][] {
  const finish = URL.parse(String(payload.returnTo))?.pathname ?? `/oauth2/authorize/${uid}`
  return [
    ['start', `/interaction/${uid}`],
    ['finish', finish],
  ]
}

function dropInteraction(ctx: Context, browser: BrowserStore, uid: string): void {
  browser.drop(ctx, 'start', `/interaction/${uid}`)
  browser.drop(ctx, 'finish', ctx.path)
}
