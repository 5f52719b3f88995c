/** The routes of a sound config as a table: what is where, for whom, and what it leads to. */

import type { Need } from '../../auth/authorize.ts'
import type { Extras } from '../../auth/feature.ts'
import type { Compiled, OwnRoute, Route } from '../../config/compile.ts'
import type { GatewayConfig } from '../../config/define.ts'
import { prepare } from '../../config/prepare.ts'
import { DEFAULT_METHODS } from '../../router.ts'

export interface RouteRow {
  readonly path: string
  readonly methods: string
  readonly who: string
  readonly limit: string
  readonly cache: string
  readonly target: string
  /** Names of the other parts of the route, with what they have to say of themselves. */
  readonly parts: readonly string[]
}

/** Of a sound config. */
export function routeRowsOf(config: GatewayConfig): RouteRow[] {
  const { compiled } = prepare(() => config, { fetch: undefined, store: undefined, now: () => 0 })
  return compiled ? routeRows(compiled) : []
}

/** In the order of the file, and behind it the routes of the gateway itself. */
export function routeRows({
  routes,
  ownRoutes,
}: Pick<Compiled, 'routes' | 'ownRoutes'>): RouteRow[] {
  return [...routes, ...ownRoutes].map((route) => {
    const { limit, cache, ...others } = route.parts as Record<string, unknown>
    return {
      path: `${route.host ?? ''}${route.path}`,
      methods: methodsOf(route),
      who: whoMay(route),
      limit: limit ? 'yes' : '',
      cache: cache ? 'yes' : '',
      target: route.endpoint ? `the gateway itself (${route.origin})` : targetOf(route),
      parts: Object.entries(others).map(([name, part]) => {
        const { summary } = part as Extras
        return summary === undefined ? name : `${name} (${summary})`
      }),
    }
  })
}

function methodsOf({ methods }: Route | OwnRoute): string {
  const isDefault =
    methods.size === DEFAULT_METHODS.length && DEFAULT_METHODS.every((name) => methods.has(name))
  return isDefault ? 'default' : [...methods].join(' ')
}

/** In words: `main or keys, with scope orders:read`. */
export function whoMay(route: Route | OwnRoute): string {
  const { requirement } = route
  if (!requirement) return 'everybody'
  const names = requirement.schemes.map(({ name }) => name).join(requirement.all ? ' and ' : ' or ')
  const { alternatives } = route.policy
  const either = alternatives.map((need) => needs(need).join(', ')).join(' or ')
  const asked = [...needs(route.policy), ...(either === '' ? [] : [`one of: ${either}`])]
  const rights = asked.length > 0 ? `, with ${asked.join(', ')}` : ''
  const simulated = route.simulation ? ' (only tried out)' : ''
  return `${names}${requirement.optional ? ' or nobody' : ''}${rights}${simulated}`
}

function needs({ scopes, roles, claims }: Need): string[] {
  const { names, any } = scopes
  return [
    ...(names.length > 0 ? [`scope ${names.join(any ? ' or ' : ' and ')}`] : []),
    ...(roles.length > 0 ? [`role ${roles.join(' or ')}`] : []),
    ...claims.map(({ claim, values }) => `${claim} ${values.map(String).join(' or ')}`),
  ]
}

function targetOf({ target, mapping }: Route): string {
  const stripped = mapping.stripped === '' ? '' : ` (without ${mapping.stripped})`
  if (target.kind === 'handler') return 'a function of the file'
  if (target.kind === 'binding') return `a service binding${stripped}`
  return `${target.base}${target.fetch ? ' over a binding' : ''}${stripped}`
}

/** Lines of equal columns; a column that is empty everywhere is left out. */
export function toTable<Row extends object>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => string>>,
): string[] {
  const shown = Object.entries(columns).filter(([, read]) => rows.some((row) => read(row) !== ''))
  const cells = [
    shown.map(([name]) => name),
    ...rows.map((row) => shown.map(([, read]) => read(row))),
  ]
  const widths = shown.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)))
  return cells.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

export function routeTable(rows: readonly RouteRow[]): string[] {
  return toTable(rows, {
    path: ({ path }) => path,
    methods: ({ methods }) => methods,
    'who may': ({ who }) => who,
    limits: ({ limit }) => limit,
    cache: ({ cache }) => cache,
    parts: ({ parts }) => parts.join(' '),
    target: ({ target }) => target,
  })
}
