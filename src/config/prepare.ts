/** The owner's file, evaluated, checked and compiled: it has problems, or is ready. */

import { GatewayError } from '../errors.ts'
import type { Problem } from '../options/schemas.ts'
import { shapeOf } from '../router.ts'
import { checkShape } from './check.ts'
import { type Compiled, compile, type OwnRoute } from './compile.ts'
import type { GatewayConfig } from './define.ts'
import type { Dependencies } from './house.ts'
import { placeIn } from './place.ts'
import { checkTogether } from './requirement.ts'

type Place = ReturnType<typeof placeIn>

export interface Prepared {
  readonly problems: readonly Problem[]
  /** Undefined where there are problems. */
  readonly compiled: Compiled | undefined
}

/** Never throws. */
export function prepare(define: () => GatewayConfig, dependencies: Dependencies): Prepared {
  try {
    return prepareConfig(define(), dependencies)
  } catch (error) {
    // Only the name: a message may quote what was being read, which might be a secret.
    const name = error instanceof Error ? error.name : 'no error'
    const problem = `the config: evaluating it threw ${name}. "npm run check" shows the whole error and its line`
    return { problems: [problem], compiled: undefined }
  }
}

/** All that is wrong with a config, each with where. Empty where nothing is. */
export function checkConfig(config: unknown): readonly Problem[] {
  const unused = { fetch: () => Promise.reject(new Error('checked, not run')), store: undefined }
  return prepareConfig(config, { ...unused, now: () => 0 }).problems
}

function prepareConfig(config: unknown, dependencies: Dependencies): Prepared {
  const problems = checkShape(config)
  if (problems.length > 0) return { problems, compiled: undefined }
  const compiled = compile(config as GatewayConfig, dependencies)
  const place = placeIn(config)
  const late = [...checkOwnRoutes(compiled, place), ...checkRequirements(config, compiled, place)]
  return late.length === 0 ? { problems: [], compiled } : { problems: late, compiled: undefined }
}

function checkRequirements(config: unknown, { routes }: Compiled, place: Place): Problem[] {
  const { schemes } = config as GatewayConfig
  const problems: Problem[] = []
  const to = { report: (path: string, text: string) => problems.push(`${place(path)}: ${text}`) }
  for (const [index, { requirement }] of routes.entries()) {
    if (requirement) checkTogether(requirement, schemes, `routes[${index}].auth`, to)
  }
  return problems
}

/** The gateway's own endpoints are at addresses that no route of the owner, and no other endpoint, may have. */
function checkOwnRoutes({ routes, ownRoutes }: Compiled, place: Place): Problem[] {
  const problems: Problem[] = []
  const addressOf = ({ host, path }: { host: string | undefined; path: string }) =>
    `${host ?? '*'} ${shapeOf(path).toLowerCase()}`
  const own = new Map<string, OwnRoute>()
  for (const route of ownRoutes) {
    const earlier = own.get(addressOf(route))
    if (earlier) {
      problems.push(
        `${place(route.origin)}: has the address of ${place(earlier.origin)}, ${route.path}. Give the two routes different literal beginnings or hosts, or take one out`,
      )
    }
    own.set(addressOf(route), earlier ?? route)
  }
  for (const [index, route] of routes.entries()) {
    const taken = own.get(addressOf(route))
    if (!taken) continue
    problems.push(
      `${place(`routes[${index}].path`)}: is the address of ${place(taken.origin)}, where the gateway answers itself. Choose another path, or take ${place(taken.origin)} out`,
    )
  }
  return problems
}

/** What a gateway with problems refuses everything with: said each time, so that any line of the log is enough. */
export function unconfigured([first = '', ...others]: readonly Problem[]): GatewayError {
  const more = others.length > 0 ? ` (and ${others.length} more: "npm run check")` : ''
  return new GatewayError('config_invalid', { reason: first + more })
}
