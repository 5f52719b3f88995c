// What OpenAPI says about who may come, written anew from its text, and whether a gateway says the same.

import type { World } from './world.ts'

type Json = Record<string, unknown>

export interface Operation {
  readonly name: string
  readonly method: string
  readonly path: string
  /** Alternatives; each asks for schemes, with scopes or roles. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
}

export interface Verdict {
  readonly operation: string
  readonly sent: string
  readonly expected: number
  readonly actual: number
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

/** Every operation of a document, as it is called. */
export function operationsOf(document: Json, basePath?: string): Operation[] {
  const paths = document.paths as Record<string, Json>
  return Object.entries(paths).flatMap(([template, written]) => {
    if (!template.startsWith('/')) return []
    const item = follow(document, written)
    return METHODS.flatMap((method) => {
      const operation = item[method] as Json | undefined
      if (!operation) return []
      const servers = operation.servers ?? item.servers ?? document.servers
      const base = basePath ?? basePathOf(servers as Json[] | undefined)
      const security = operation.security ?? document.security ?? []
      return [
        {
          name: `${method} ${template}`,
          method: method.toUpperCase(),
          path: `${base}${template.replaceAll(/\{[^}]*\}/g, 'zz7')}`,
          security: security as Operation['security'],
        },
      ]
    })
  })
}

function follow(document: Json, value: Json): Json {
  const { $ref } = value
  if (typeof $ref !== 'string') return value
  const parts = $ref
    .slice(2)
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
  return follow(
    document,
    parts.reduce((at, part) => at[part] as Json, document),
  )
}

function basePathOf(servers: Json[] | undefined): string {
  const [server] = servers ?? []
  return server
    ? new URL(`${String(server.url)}`, 'https://api.test').pathname.replace(/\/$/, '')
    : ''
}

/** What a caller with these schemes has to get, who has these scopes or roles of each. */
function expectedOf(
  { security }: Operation,
  held: Readonly<Record<string, readonly string[]>>,
): number {
  const alternatives = security.filter((one) => Object.keys(one).length > 0)
  if (alternatives.length === 0) return 200
  const shown = alternatives.filter((one) => Object.keys(one).every((name) => name in held))
  const isEnough = (one: Operation['security'][number]) =>
    Object.entries(one).every(([name, needed]) =>
      needed.every((scope) => held[name]?.includes(scope)),
    )
  if (shown.some(isEnough)) return 200
  if (shown.length > 0) return 403
  // Nothing at all is enough where one alternative asks for nothing.
  const isOptional = alternatives.length < security.length
  return isOptional && Object.keys(held).length === 0 ? 200 : 401
}

/** Sends what each alternative asks for, less of it, and what none asks for. Every answer that differs. */
export async function judge(
  document: Json,
  world: World,
  operations: readonly Operation[],
): Promise<Verdict[]> {
  const schemes = (document.components as Json | undefined)?.securitySchemes as
    | Record<string, Json>
    | undefined
  const wrong: Verdict[] = []
  for (const operation of operations) {
    for (const held of callersOf(operation, Object.keys(world.config.schemes))) {
      const headers = new Headers()
      for (const [name, scopes] of Object.entries(held)) {
        const scheme = follow(document, schemes?.[name] ?? {})
        if (scheme.type === 'apiKey') headers.set(String(scheme.name), await world.key(scopes))
        else headers.set('authorization', `Bearer ${await world.token(name, scopes, scopes)}`)
      }
      const expected = expectedOf(operation, held)
      const actual = await world.send(operation.method, operation.path, headers)
      if (actual !== expected) {
        wrong.push({ operation: operation.name, sent: JSON.stringify(held), expected, actual })
      }
    }
  }
  return wrong
}

/** Nobody; each alternative in full, without one scheme, without one scope; and each scheme of the file alone. */
function callersOf(
  { security }: Operation,
  entries: readonly string[],
): Record<string, readonly string[]>[] {
  const callers: Record<string, readonly string[]>[] = [{}]
  for (const alternative of security) {
    callers.push({ ...alternative })
    for (const name of Object.keys(alternative)) {
      const { [name]: _, ...others } = alternative
      callers.push(others)
      for (const scope of alternative[name] ?? []) {
        callers.push({
          ...alternative,
          [name]: (alternative[name] ?? []).filter((one) => one !== scope),
        })
      }
    }
  }
  // Where nobody need be anybody, what a route does not read counts for nothing, and a token is read on each.
  const isOptional = security.some((one) => Object.keys(one).length === 0)
  if (!isOptional) callers.push(...entries.map((name) => ({ [name]: [] })))
  return [...new Map(callers.map((caller) => [JSON.stringify(caller), caller])).values()]
}
