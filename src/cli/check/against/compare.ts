/** Which requests two configs judge otherwise: both run in the gateway's own code, on the same probe requests. */

import type { Extras } from '../../../auth/feature.ts'
import type { Compiled } from '../../../config/compile.ts'
import type { GatewayConfig, RouteConfig } from '../../../config/define.ts'
import { prepare } from '../../../config/prepare.ts'
import type { RouteParts } from '../../../config/route-parts.ts'
import { createGateway } from '../../../gateway.ts'
import type { Fetch } from '../../../lib/fetch.ts'
import type { RequestEvent } from '../../../operate/log.ts'
import { readLocation } from '../../../router.ts'
import { requestTo } from '../../explain/arguments.ts'
import { observed } from '../../explain/observe.ts'
import { callersFor, rightsIn } from './callers.ts'
import { createProbeIssuer } from './issuer.ts'
import type { differences } from './other-file.ts'
import { type Probe, probesFor } from './probes.ts'

/** One way in which requests are judged otherwise. */
export interface Difference {
  /** An example. */
  readonly request: string
  readonly caller: string
  readonly before: string
  readonly after: string
  /** How many probe requests it is seen with. */
  readonly requests: number
}

export interface Comparison {
  readonly differences: readonly Difference[]
  /** How many probe requests were sent to each. */
  readonly probes: number
}

export interface Around {
  /** What is in one text and not in the other. */
  readonly changes: ReturnType<typeof differences>
  /** What both configs were given as their KV namespace. */
  readonly kept: Map<string, string>
  /** Unix seconds. */
  readonly now: number
  /** Set to what answers for every issuer that a binding leads to. */
  readonly outside: { fetch: Fetch }
}

export async function compare(
  before: GatewayConfig,
  after: GatewayConfig,
  { changes, kept, now, outside }: Around,
): Promise<Comparison> {
  const { words, numbers } = changes
  const files = [before, after]
  const compiled = files.map((config) => compiledOf(config, now))
  const entries = files
    .flatMap(({ schemes }) => Object.values(schemes))
    .flatMap(({ oauth }) => oauth ?? [])
  const issuers = entries.flatMap(({ issuer, issuers: all = [issuer] }) => [issuer, ...all])
  const issuer = await createProbeIssuer(
    issuers,
    entries.flatMap(({ audiences = [] }) => audiences),
    words,
    now,
  )
  const rights = rightsIn(compiled)
  const callers = await callersFor({ files, rights, words, numbers, issuer, kept, now })
  const probes = probesFor({ files: compiled, words, callers })
  const groups = new Map<string, Difference>()
  const asked: [Set<string>, Set<string>] = [new Set(), new Set()]
  for (const isDown of [false, true]) {
    const [then, later] = [before, after].map((config, index) => {
      const noted = asked[index] as Set<string>
      const fetch = issuer.fetchFor(noted, isDown, false)
      const bound = issuer.fetchFor(noted, isDown, true)
      return { bound, judge: sideOf(config, compiled[index] as Compiled, fetch, now) }
    }) as [Side, Side]
    // While no issuer has keys, it is enough to hear of a whole token.
    const isWhole = ({ caller, method }: Probe) => caller.isEverywhere && method === 'GET'
    for (const probe of isDown ? probes.filter(isWhole) : probes) {
      outside.fetch = then.bound
      const fate = await then.judge(probe)
      outside.fetch = later.bound
      group(groups, probe, fate, await later.judge(probe))
    }
  }
  return {
    probes: probes.length,
    differences: [...groups.values(), ...askedOtherwise(...asked)],
  }
}

function compiledOf(config: GatewayConfig, now: number): Compiled {
  const { compiled, problems } = prepare(() => config, {
    fetch: undefined,
    store: undefined,
    now: () => now,
  })
  if (!compiled) throw new TypeError(problems.join('\n'))
  return compiled
}

/** What became of a request: the first is what people call the verdict. */
type Fate = ReadonlyMap<string, string>

interface Side {
  /** For what a binding leads to. */
  readonly bound: Fetch
  readonly judge: (probe: Probe) => Promise<Fate>
}

/** A config as a function of a probe request. */
function sideOf(config: GatewayConfig, compiled: Compiled, fetch: Fetch, now: number) {
  let arrived: Request | undefined
  let isHandled = false
  let event: RequestEvent | undefined
  const answer = (request: Request, handled: boolean) => {
    arrived = request
    isHandled = handled
    return new Response('', { headers: { 'cache-control': 'public, max-age=60' } })
  }
  const gateway = createGateway(
    observed(
      fromAnywhere(config),
      { step: () => {} },
      {
        fetch: async (request) => answer(request, false),
        handle: (request) => answer(request, true),
      },
    ),
    {
      fetch,
      now: () => now,
      log: (logged) => {
        if (logged.event === 'request') event = logged
      },
    },
  )
  return async ({ caller, method, url, headers }: Probe): Promise<Fate> => {
    const sent = new Headers(headers)
    const to = await caller.show(url, sent)
    arrived = undefined
    const response = await gateway.fetch(requestTo(to, method, sent), { waitUntil: () => {} })
    const sentTo = arrived as Request | undefined
    const { code, simulated } = event ?? {}
    const target = isHandled ? 'a function of the file' : sentTo?.url
    const verdict =
      code !== undefined
        ? `${response.status} ${code}`
        : sentTo
          ? `goes to ${target}`
          : `is answered, ${response.status}`
    const own = sentTo ? '' : (await response.text()).replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, '')
    return new Map([
      ['', verdict],
      ['dangerouslySimulate', simulated ?? ''],
      ...(sentTo ? settings(compiled, sentTo.method, to) : []),
      ...[...(sentTo?.headers ?? [])].map(([name, value]): [string, string] => [
        `header ${name}`,
        value,
      ]),
      ...[...response.headers].map(([name, value]): [string, string] => [
        `answer's ${name}`,
        value,
      ]),
      ['answer', own],
    ])
  }
}

/** Without lists of addresses, which are compared as they are: all probe requests come from one address. */
function fromAnywhere({ every, routes, ...config }: GatewayConfig): GatewayConfig {
  const without = <Parts extends RouteParts>({ addresses: _, ...parts }: Parts) => parts
  return {
    ...config,
    ...(every && { every: without(every) }),
    routes: routes.map((route): RouteConfig => without(route)),
  }
}

/** Of the route, what no verdict shows. */
function settings({ router }: Compiled, method: string, url: string): [string, string][] {
  const { route } = router.match(method, readLocation(url))
  if (route.endpoint) return []
  const { timeoutSeconds, mayOutliveToken, target } = route
  const kind = target.kind === 'url' && target.fetch ? 'a URL over a binding' : target.kind
  return [
    ['timeoutSeconds', `${timeoutSeconds}`],
    ['dangerouslyOutliveToken', `${mayOutliveToken}`],
    ['target', kind],
    ['parts', Object.keys(route.parts).join(' ')],
    ...Object.entries(route.parts).map(([name, part]): [string, string] => [
      name,
      (part as Extras).summary ?? '',
    ]),
  ]
}

function group(groups: Map<string, Difference>, probe: Probe, then: Fate, now: Fate): void {
  const names = [...new Set([...then.keys(), ...now.keys()])]
  const name = names.find((one) => then.get(one) !== now.get(one))
  if (name === undefined) return
  const { caller, method, url } = probe
  const say = (fate: Fate) => {
    const value = fate.get(name) || 'none'
    return name === '' ? value : `${name}: ${value.length > 80 ? `${value.slice(0, 80)}…` : value}`
  }
  const [before, after] = [say(then), say(now)]
  const { pathname } = new URL(url)
  const key = [before, after].map((text) => text.replaceAll(pathname, '…')).join('\n')
  const known = groups.get(key)
  if (known) groups.set(key, { ...known, requests: known.requests + 1 })
  else
    groups.set(key, {
      request: `${method} ${url}`,
      caller: caller.name,
      before,
      after,
      requests: 1,
    })
}

/** Other places for keys, or another client that asks. */
function askedOtherwise(before: ReadonlySet<string>, after: ReadonlySet<string>): Difference[] {
  const gone = [...before].filter((line) => !after.has(line))
  const fresh = [...after].filter((line) => !before.has(line))
  if (gone.length === 0 && fresh.length === 0) return []
  // The last word is a credential of the gateway.
  const say = (asked: readonly string[]) =>
    [...new Set(asked.map((line) => line.split(' ').slice(0, 2).join(' ')))].join(', ') ||
    'nothing more'
  return [
    {
      request: 'what the gateway asks issuers',
      caller: '',
      before: say(gone),
      after: say(fresh),
      requests: Math.max(gone.length, fresh.length),
    },
  ]
}
