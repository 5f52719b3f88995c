/** Which requests two configs judge otherwise: both run in the gateway's own code, on the same probe requests. */

import type { Compiled } from '../../../config/compile.ts'
import type { GatewayConfig } from '../../../config/define.ts'
import { prepare } from '../../../config/prepare.ts'
import type { Fetch } from '../../../lib/fetch.ts'
import { rightsIn } from './caller.ts'
import { callersFor } from './callers.ts'
import { createProbeIssuer } from './issuer.ts'
import type { differences } from './other-file.ts'
import { type Probe, probesFor } from './probes.ts'
import { type Fate, type Side, sideOf } from './side.ts'

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
