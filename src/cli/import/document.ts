/** An OpenAPI document as it was written: its values, where each of them stands, and references within it. */

import { LineCounter, parseDocument } from 'yaml'

export type Segment = string | number
/** From the root of the document to a value. */
export type Path = readonly Segment[]

export interface Place {
  /** RFC 6901. */
  readonly pointer: string
  /** From 1; undefined where the value is not in the document. */
  readonly line: number | undefined
}

export interface OpenApiDocument {
  readonly root: Readonly<Record<string, unknown>>
  place(path: Path): Place
}

/** What cannot be imported, all of it at once, each with its place. */
export class ImportError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ImportError'
    this.problems = problems
  }
}

/** Collects what is wrong, with its place. */
export interface Problems {
  report(path: Path, message: string): void
  readonly found: readonly string[]
}

/** Throws an ImportError where the text is no OpenAPI document of version 3. */
export function readDocument(text: string): OpenApiDocument {
  const lines = new LineCounter()
  // `<<` is of YAML 1.1, and other tools take it: without it a `security` that it brings would be lost.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: true })
  const [error] = document.errors
  if (error) throw new ImportError([error.message.replace(/\n.*$/s, '')])
  // References in YAML (`*name`) may stand for very much; the library has a limit, and says so.
  const root: unknown = document.toJS()
  if (!isRecord(root)) throw new ImportError(['the file has no object in it'])
  const { openapi, swagger } = root
  if (swagger !== undefined) {
    throw new ImportError([
      '/swagger: is OpenAPI 2.0. Convert the document to version 3 first, for example with swagger2openapi',
    ])
  }
  if (typeof openapi !== 'string' || !/^3\.[0-2]\.\d/.test(openapi)) {
    throw new ImportError(['/openapi: must be 3.0, 3.1 or 3.2, for example openapi: 3.1.0'])
  }
  return {
    root,
    place(path) {
      const node = document.getIn(path, true) as { range?: readonly number[] } | undefined
      const start = node?.range?.[0]
      const line = start === undefined ? undefined : lines.linePos(start).line
      return { pointer: toPointer(path), line }
    },
  }
}

export function createProblems(document: OpenApiDocument): Problems {
  const found: string[] = []
  return {
    found,
    report(path, message) {
      const { pointer, line } = document.place(path)
      found.push(
        `${pointer === '' ? 'the document' : pointer}${line === undefined ? '' : ` (line ${line})`}: ${message}`,
      )
    },
  }
}

/** A value, and where it really stands: behind a reference it is elsewhere. */
export interface Resolved {
  readonly value: unknown
  readonly path: Path
}

/** What says nothing of who may come. */
const BESIDE_REFERENCE = /^(?:\$ref|summary|description|parameters|x-.*)$/

/** Follows `$ref` within the document. Undefined where it leads nowhere, which is reported. */
export function resolve(
  document: OpenApiDocument,
  path: Path,
  problems: Problems,
): Resolved | undefined {
  const passed = new Set<string>()
  for (let at = path; ; ) {
    const value = valueAt(document.root, at)
    const reference = isRecord(value) ? value.$ref : undefined
    if (reference === undefined) return { value, path: at }
    const beside = Object.keys(value as object).find((name) => !BESIDE_REFERENCE.test(name))
    if (beside !== undefined) {
      problems.report([...at, '$ref'], `has ${beside} beside it, and only one of them can count`)
      return undefined
    }
    const next = typeof reference === 'string' ? fromReference(reference) : undefined
    if (!next) {
      problems.report(
        [...at, '$ref'],
        'leads out of this document. Make one document of all of them first, for example with "redocly bundle"',
      )
      return undefined
    }
    if (passed.has(toPointer(next)) || valueAt(document.root, next) === undefined) {
      problems.report([...at, '$ref'], 'leads nowhere')
      return undefined
    }
    passed.add(toPointer(next))
    at = next
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const segment of path) {
    const has = typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
    if (!has) return undefined
    value = (value as Record<Segment, unknown>)[segment]
  }
  return value
}

function toPointer(path: Path): string {
  return path
    .map((segment) => `/${`${segment}`.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}

/** Of `#/components/pathItems/Order`; undefined for one into another document. */
function fromReference(reference: string): Path | undefined {
  if (!reference.startsWith('#/')) return undefined
  return reference
    .slice(2)
    .split('/')
    .map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** As it is where it is no escape: then it leads nowhere. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
