/** One of the two files at work: the gateway's own code on probe requests, overheard. */

import type { Extras } from '../../../auth/feature.ts'
import type { Compiled } from '../../../config/compile.ts'
import type { GatewayConfig, RouteConfig } from '../../../config/define.ts'
import type { RouteParts } from '../../../config/route-parts.ts'
import { createGateway } from '../../../gateway.ts'
import type { Fetch } from '../../../lib/fetch.ts'
import type { RequestEvent } from '../../../operate/log.ts'
import { readLocation } from '../../../router.ts'
import { requestTo } from '../../explain/arguments.ts'
import { observed } from '../../explain/observe.ts'
import type { Probe } from './probes.ts'

/** What became of a request: the first is what people call the verdict. */
export type Fate = ReadonlyMap<string, string>

export interface Side {
  /** For what a binding leads to. */
  readonly bound: Fetch
  readonly judge: (probe: Probe) => Promise<Fate>
}

/** A config as a function of a probe request. */
export function sideOf(config: GatewayConfig, compiled: Compiled, fetch: Fetch, now: number) {
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
