/** The operations of an OpenAPI document as routes. Operations of one path that ask for the same are one route. */

import {
  createProblems,
  ImportError,
  isRecord,
  type OpenApiDocument,
  type Path,
  type Problems,
  resolve,
} from './document.ts'
import { basePathOf, toPattern } from './paths.ts'
import { type Entry, readEntries } from './schemes.ts'
import { readSecurity, type Security, toOptions } from './security.ts'

export interface ImportOptions {
  /** The path of the server, in place of what the document says. */
  readonly basePath?: string | undefined
  /** Security schemes that are not imported: an alternative that names one is left out. */
  readonly without?: readonly string[] | undefined
}

export interface PlannedRoute {
  readonly pattern: string
  readonly methods: readonly string[]
  /** What asks who may come, as code. */
  readonly options: readonly string[]
  /** Where the path is described. */
  readonly path: Path
}

export interface Plan {
  readonly title: string
  readonly entries: readonly Entry[]
  readonly routes: readonly PlannedRoute[]
  /** What is not as it was in the document, and never wider: for whoever runs the import. */
  readonly notes: readonly string[]
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

interface Operation {
  readonly method: string
  readonly pattern: string
  readonly security: Security
  readonly path: Path
}

/** Throws an ImportError with everything that has no counterpart. */
export function plan(document: OpenApiDocument, options: ImportOptions = {}): Plan {
  const problems = createProblems(document)
  const notes: string[] = []
  const operations = readOperations(document, options, problems, notes)
  const names = new Set(
    operations.flatMap(({ security }) => security.alternatives.flatMap((one) => [...one.keys()])),
  )
  const entries = readEntries(document, [...names], problems)

  const routes: PlannedRoute[] = []
  for (const ofPattern of Map.groupBy(operations, ({ pattern }) => pattern).values()) {
    const written = ofPattern.flatMap((operation) => {
      const route = toOptions(operation.security, entries, problems)
      return route ? [{ ...operation, options: route }] : []
    })
    for (const same of Map.groupBy(written, (one) => one.options.join()).values()) {
      const [{ pattern, options: code, path }] = same as [(typeof same)[0], ...typeof same]
      const methods = same.map(({ method }) => method)
      routes.push({ pattern, methods, options: code, path: path.slice(0, 2) })
    }
  }
  if (problems.found.length > 0) throw new ImportError([...new Set(problems.found)])
  if (routes.length === 0) throw new ImportError(['no operation is left to write a route for'])
  const { info } = document.root
  const title = isRecord(info) ? `${String(info.title)} ${String(info.version)}` : 'an API'
  return { title, entries: [...entries.values()], routes, notes }
}

function readOperations(
  document: OpenApiDocument,
  { basePath, without = [] }: ImportOptions,
  problems: Problems,
  notes: string[],
): Operation[] {
  const { paths, servers } = document.root
  if (!isRecord(paths) || Object.keys(paths).length === 0) {
    throw new ImportError(['/paths: is not there, so that there is nothing to write a route for'])
  }
  const base = (list: unknown, path: Path) => basePath ?? basePathOf(list, path, problems)
  const ofDocument = base(servers, ['servers'])
  const { security: everyone = [] } = document.root
  const operations: Operation[] = []

  for (const template of Object.keys(paths).filter((name) => name.startsWith('/'))) {
    const item = resolve(document, ['paths', template], problems)
    if (!item || !isRecord(item.value)) continue
    const ofPath =
      item.value.servers === undefined
        ? ofDocument
        : base(item.value.servers, [...item.path, 'servers'])
    for (const { method, value, path } of operationsOf(item.value, item.path)) {
      if (method === 'TRACE') {
        notes.push(`${template}: TRACE is left out, because it is never passed on`)
        continue
      }
      if (value.$ref !== undefined) {
        problems.report(
          [...path, '$ref'],
          'stands for an operation, which OpenAPI does not have. Write the operation there',
        )
        continue
      }
      const root = value.servers === undefined ? ofPath : base(value.servers, [...path, 'servers'])
      const isOwn = value.security !== undefined
      const security = readSecurity(
        isOwn ? value.security : everyone,
        isOwn ? [...path, 'security'] : ['security'],
        problems,
      )
      if (root === undefined || !security) continue
      const pattern = toPattern(root, template, ['paths', template], problems)
      const kept = withoutSchemes(security, without)
      if (!kept) notes.push(`${template}: ${method} is left out, with the schemes that it needs`)
      if (pattern === undefined || !kept) continue
      operations.push({ method, pattern, security: kept, path: ['paths', template, method] })
    }
  }
  return operations
}

function operationsOf(item: Record<string, unknown>, path: Path) {
  const fixed = METHODS.map((name) => [name, item[name], [...path, name]] as const)
  const { additionalOperations: more } = item
  const additional = Object.entries(isRecord(more) ? more : {}).map(
    ([name, value]) => [name, value, [...path, 'additionalOperations', name]] as const,
  )
  return [...fixed, ...additional].flatMap(([name, value, at]) =>
    isRecord(value) ? [{ method: name.toUpperCase(), value, path: at as Path }] : [],
  )
}

/** Without the alternatives that name one of these. Undefined where none is left of several. */
function withoutSchemes(security: Security, without: readonly string[]): Security | undefined {
  const alternatives = security.alternatives.filter((one) => !without.some((name) => one.has(name)))
  const isGone = alternatives.length === 0 && security.alternatives.length > 0
  return isGone && !security.isOptional ? undefined : { ...security, alternatives }
}
