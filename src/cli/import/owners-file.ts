/** A plan as the file of an owner, and what the config check says of it. */

import { runInThisContext } from 'node:vm'
import { apiKeys } from '../../auth/key/api-keys.ts'
import { oidc } from '../../auth/presets/oidc.ts'
import { allOf, anyOf, optional } from '../../config/define.ts'
import { checkConfig } from '../../config/prepare.ts'
import { createProblems, ImportError, type OpenApiDocument } from './document.ts'
import type { Plan, PlannedRoute } from './routes.ts'
import { quote } from './schemes.ts'

/** What the code of a file may use, in the order in which it is imported. */
const HELPERS = { allOf, anyOf, optional }

/** In a clone, features are files beside the owner's; an owner who has installed the package imports them by its name. */
const isPackage = import.meta.filename.endsWith('.js')
const moduleOf = (file: string, name: string) =>
  quote(isPackage ? `@gatehouse/gateway${name}` : file)

/** The text of the file. Throws an ImportError where the config check would not take it. */
export function ownersFile(
  plan: Plan,
  document: OpenApiDocument,
  to: string,
  from: string,
): string {
  const body = objectOf(plan, to)
  checkBody(body, plan, document)
  const used = (name: string) => body.includes(`${name}(`)
  const helpers = Object.keys(HELPERS).filter(used)
  const variables = [...new Set(plan.entries.flatMap((entry) => entry.variables))]
  const more = variables.map((name) => `${name}: string`).join('; ')
  return [
    ...(used('apiKeys')
      ? [`import { apiKeys } from ${moduleOf('./auth/key/api-keys.ts', '/api-keys')}`]
      : []),
    ...(used('oidc')
      ? [`import { oidc } from ${moduleOf('./auth/presets/oidc.ts', '/oidc')}`]
      : []),
    `import { ${[...helpers, 'defineGateway'].toSorted((a, b) => (a < b ? -1 : 1)).join(', ')}, type GatewayConfig } from ${moduleOf('./config/define.ts', '')}`,
    '',
    `// The routes of ${oneLine(plan.title)}, written by "npm run import" from ${oneLine(from)}.`,
    `export default defineGateway((${/\benv\./.test(body) ? 'env' : '_env'}: Env${more === '' ? '' : ` & { ${more} }`}): GatewayConfig => (${body}))`,
    '',
  ].join('\n')
}

function objectOf({ entries, routes }: Plan, to: string): string {
  const schemes = entries.map(({ name, code }) => `    ${keyOf(name)}: ${code},`)
  return [
    '{',
    schemes.length === 0 ? '  schemes: {},' : `  schemes: {\n${schemes.join('\n')}\n  },`,
    '  routes: [',
    ...routes.map((route) => `    ${routeCode(route, to)},`),
    '  ],',
    '}',
  ].join('\n')
}

function keyOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__' ? name : `[${quote(name)}]`
}

function routeCode({ pattern, methods, options }: PlannedRoute, to: string): string {
  const parts = [
    `path: ${quote(pattern)}`,
    `methods: [${methods.map(quote).join(', ')}]`,
    ...options,
    `to: ${quote(to)}`,
  ]
  return `{ ${parts.join(', ')} }`
}

/** Every problem of the file, at the place in the document that it comes from. */
function checkBody(body: string, { routes }: Plan, document: OpenApiDocument): void {
  const define: unknown = runInThisContext(
    `(oidc, apiKeys, allOf, anyOf, optional, env) => (${body})`,
  )
  const make = define as (...values: readonly unknown[]) => unknown
  const store = { get: () => Promise.resolve(null), put: () => Promise.resolve() }
  const names = new Proxy({}, { get: (_, name) => standIn(String(name), store) })
  const found = checkConfig(make(oidc, apiKeys, allOf, anyOf, optional, names))
  if (found.length === 0) return
  const problems = createProblems(document)
  for (const problem of found) {
    const [, index] = /^routes\[(\d+)\]/.exec(problem) ?? []
    const route = index === undefined ? undefined : routes[Number(index)]
    problems.report(route?.path ?? [], problem)
  }
  throw new ImportError(problems.found)
}

/** Each variable has a value of its own, as an owner's has. */
function standIn(name: string, store: object): unknown {
  if (name === 'STORE') return store
  const value = name.toLowerCase().replaceAll('_', '-')
  return /ISSUER$/.test(name) ? `https://${value}.acme.example` : value
}

function oneLine(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').slice(0, 100)
}
