/** Where in the owner's file something is, so that it is found without counting: `routes[2] (/orders/*).to`. */

import { isObject } from '../lib/strict-json.ts'

/** Paths that are shown. What else may stand there by mistake is not repeated. */
const SHOWN = /^\/[!-~]{0,79}$/

/** Adds to `routes[2]` the path of that route. */
export function placeIn(config: unknown): (path: string) => string {
  const routes = isObject(config) && Array.isArray(config.routes) ? config.routes : []
  return (path) =>
    path.replace(/^routes\[(\d+)\]/, (place, index) => {
      const route: unknown = routes[Number(index)]
      const shown = isObject(route) ? route.path : undefined
      return typeof shown === 'string' && SHOWN.test(shown) ? `${place} (${shown})` : place
    })
}
