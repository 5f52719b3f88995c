/** Where the probe requests go: to every route of either file, and to what is nearly one. */

import type { Compiled, OwnRoute, Route } from '../../../config/compile.ts'
import { literalPrefix } from '../../../router.ts'
import type { Caller } from './caller.ts'

export interface Probe {
  readonly caller: Caller
  readonly method: string
  readonly url: string
  /** What a client may send beside its credential. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Targets {
  readonly files: readonly Compiled[]
  readonly words: ReadonlySet<string>
  readonly callers: readonly Caller[]
}

export function probesFor({ files, words, callers }: Targets): Probe[] {
  const routes: readonly (Route | OwnRoute)[] = files.flatMap((file) => [
    ...file.routes,
    ...file.ownRoutes,
  ])
  const hosts = hostsIn(files, routes)
  const methods = [
    ...new Set([
      'GET',
      'HEAD',
      'POST',
      'OPTIONS',
      'DELETE',
      ...routes.flatMap((route) => [...route.methods]),
    ]),
  ]
  const paths = [...new Set([...routes.flatMap(pathsOf), '/no-such-path'])]
  const headers = headersIn(files, words)
  const probes: Probe[] = []
  for (const caller of callers) {
    if (caller.isEverywhere) {
      for (const host of hosts) {
        for (const path of paths)
          probes.push({ caller, method: 'GET', url: `https://${host}${path}`, headers })
      }
      for (const { host = hosts[0], path } of routes) {
        const url = `https://${host}${sampleOf(path)}`
        for (const method of methods) probes.push({ caller, method, url, headers })
      }
    } else {
      for (const { host = hosts[0], path, methods: taken } of routes) {
        const [method = 'GET'] = taken
        probes.push({ caller, method, url: `https://${host}${sampleOf(path)}`, headers })
      }
    }
  }
  return probes
}

function hostsIn(files: readonly Compiled[], routes: readonly (Route | OwnRoute)[]): string[] {
  const named = [
    ...files.flatMap(({ hosts = [] }) => [...hosts]),
    ...routes.flatMap(({ host }) => host ?? []),
  ]
  return [...new Set([...named, 'elsewhere.example'])]
}

function sampleOf(pattern: string): string {
  return pattern.replaceAll(/:\w+/g, 'x1').replace(/\*$/, 'x1/y2')
}

function pathsOf({ path }: Route | OwnRoute): string[] {
  const sample = sampleOf(path)
  const flipped = sample.replaceAll(/[a-z]+/gi, (letters) =>
    letters === letters.toUpperCase() ? letters.toLowerCase() : letters.toUpperCase(),
  )
  return [
    sample,
    sample.replace(/\/(?=[^/]*$)/, '//'),
    flipped,
    `${sample}/`,
    `${sample}/deeper`,
    literalPrefix(path) || '/',
    `/${sample}`,
  ]
}

/** Every header that one of the files names, with something in it, and those that parts look at. */
function headersIn(files: readonly Compiled[], words: ReadonlySet<string>): Record<string, string> {
  const kept = files.flatMap(({ routes }) => routes.flatMap(({ headers }) => [...headers.keep]))
  const names = [...kept, ...words].filter((name) => /^[a-z][a-z0-9_-]*$/.test(name))
  const origin =
    [...words].find((word) => /^https?:\/\/[^/]+$/.test(word)) ?? 'https://page.example'
  const own = {
    origin,
    'access-control-request-method': 'POST',
    cookie: 'a=b',
    'cf-connecting-ip': '203.0.113.7',
  }
  const sent = names
    .filter((name) => !RISKY.has(name) && !Object.hasOwn(own, name))
    .map((name) => [name, 'probe'])
  return { ...Object.fromEntries(sent), ...own }
}

/** What would be taken for a credential, or end the request. */
const RISKY = new Set([
  'authorization',
  'connection',
  'host',
  'upgrade',
  'content-length',
  'transfer-encoding',
])
