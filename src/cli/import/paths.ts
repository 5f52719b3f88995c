/** Path templates and base paths of OpenAPI as path patterns of routes. */

import { explainPattern } from '../../config/path-pattern.ts'
import { isRecord, type Path, type Problems } from './document.ts'

/** A parameter that is a whole segment. */
const PARAMETER = /^\{([^{}]+)\}$/

/** The pattern for a template below a base path. Undefined where there is none, which is reported. */
export function toPattern(
  base: string,
  template: string,
  path: Path,
  problems: Problems,
): string | undefined {
  const names = new Set<string>()
  const segments = `${base}${template}`.split('/').map((segment) => {
    const [, name] = PARAMETER.exec(segment) ?? []
    return name === undefined ? segment : `:${nameFor(name, names)}`
  })
  const partial = segments.find((segment) => /[{}]/.test(segment))
  if (partial !== undefined) {
    problems.report(
      path,
      `has a parameter that is a part of a segment (${partial}). A parameter of a route is a whole segment, and would take more than this path says`,
    )
    return undefined
  }
  const literal = `${base}${template}`.split('/').find((segment) => /^(?::|\*$)/.test(segment))
  if (literal !== undefined) {
    problems.report(
      path,
      `has the segment ${literal}, which takes nothing but itself there. In a route it would take any other too`,
    )
    return undefined
  }
  const pattern = segments.join('/')
  const wrong = explainPattern(pattern)
  if (wrong === undefined) return pattern
  problems.report(path, wrong)
  return undefined
}

/** Names of parameters are letters, digits and '_' here, and no two of one path are the same. */
function nameFor(name: string, taken: Set<string>): string {
  const cleaned = name.replaceAll(/\W+/g, '_').replace(/^[^A-Za-z]+/, '')
  const plain = cleaned === '' ? 'part' : cleaned
  let unique = plain
  for (let number = 2; taken.has(unique); number++) unique = `${plain}${number}`
  taken.add(unique)
  return unique
}

/**
 * The path that all servers of a list have, without a slash at its end. Undefined where they have several, or one that
 * depends on a variable, which is reported.
 */
export function basePathOf(servers: unknown, path: Path, problems: Problems): string | undefined {
  if (servers === undefined || (Array.isArray(servers) && servers.length === 0)) return ''
  if (!Array.isArray(servers) || !servers.every(isRecord)) {
    problems.report(path, 'must be a list of servers')
    return undefined
  }
  const paths = new Set(servers.map(({ url }) => pathOfServer(String(url))))
  const [only, ...others] = paths
  if (others.length > 0 || only === undefined) {
    problems.report(path, 'has servers with several paths. Say which one it is with --base-path')
    return undefined
  }
  if (!/[{}]/.test(only)) return only
  problems.report(
    path,
    'has a variable in the path of a server. Say what the path is with --base-path',
  )
  return undefined
}

function pathOfServer(url: string): string {
  return url
    .replace(/^[a-z][a-z0-9+.-]*:/i, '')
    .replace(/^\/\/[^/?#]*/, '')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
}
