// The configurations that `wrangler dev` gets, made of the owner's own: the gateway's Worker with everything
// its wrangler.toml binds, and the one in front of it. They are written to a temporary folder.

import { join, resolve } from 'node:path'
import type { OwnersFiles } from './owners-files.ts'
import { API } from './world.ts'

/** The package's folder, which this file is as deep in when it is built. */
export const PACKAGE = join(import.meta.dirname, '../../..')

const FRONT = 'gatehouse-local'
const ISSUER_WORKER = 'gatehouse-issuer'
const STATE_WORKER = 'gatehouse-state'
/** What has a `fetch` and leads to somewhere that this machine cannot reach without an account. */
const AWAY = { mtls_certificates: 'a client certificate', vpc_services: 'a VPC service' } as const
/** Settings of the deployed Worker that are of no use here, or in the way. */
const DEPLOYED_ONLY = ['env', 'routes', 'route', 'dev', 'secrets', 'triggers'] as const

type Settings = Record<string, unknown>

/** Where the local world is. */
export interface Places {
  /** The gateway's own address, which is also the name of the local issuer. */
  readonly url: string
  /** The sample origin's address. */
  readonly origin: string
}

export interface LocalConfigs {
  readonly front: Settings
  readonly gateway: Settings
  /** The name of the gateway's Worker. */
  readonly name: string
  /** The owner's issuer; undefined where the local authorization server stands in. */
  readonly issuer: string | undefined
  /** What stands in for something, in words: `ORIGIN: the sample service`. */
  readonly standIns: readonly string[]
  /** The variables among them. None is a secret. */
  readonly standInValues: Readonly<Record<string, string>>
}

/** What `wrangler dev` is to run. Nothing of the owner's is left out but what belongs to a deployment. */
export function localConfigs(owner: OwnersFiles, { url, origin }: Places): LocalConfigs {
  const { folder, settings } = owner
  const name = typeof settings.name === 'string' ? settings.name : 'gatehouse'
  const bindings = bindLocally(settings, name)
  const variables = standingIn({ ...asObject(settings.vars), ...owner.variables }, { url, origin })
  return {
    name,
    issuer: variables.issuer,
    standIns: [...variables.standIns, ...bindings.standIns],
    standInValues: variables.standInValues,
    gateway: {
      ...omit(settings, [...DEPLOYED_ONLY, ...Object.keys(AWAY)]),
      name,
      ...pathsFrom(folder, settings),
      vars: { ...variables.values, GATEHOUSE_LOCAL: true },
      services: bindings.services,
      send_metrics: false,
    },
    front: {
      name: FRONT,
      main: join(PACKAGE, 'src/cli/local/front.ts'),
      compatibility_date: '2026-11-01',
      compatibility_flags: ['enable_request_signal'],
      vars: { ISSUER: url, LOCAL_ISSUER: variables.issuer === undefined },
      services: [{ binding: 'GATEWAY', service: name }],
      durable_objects: { bindings: [{ name: 'ISSUER_STORAGE', class_name: 'IssuerStorage' }] },
      migrations: [{ tag: 'v1', new_sqlite_classes: ['IssuerStorage'] }],
      send_metrics: false,
    },
  }
}

/** A variable that is empty is not set. The local server knows its own API alone, so both go together. */
function standingIn(set: Settings, { url, origin }: Places) {
  const standInValues: Record<string, string> = {}
  const standIns: string[] = []
  const issuer = set.ISSUER ? String(set.ISSUER) : undefined
  if (issuer === undefined) {
    Object.assign(standInValues, { ISSUER: url, CLIENT_ID: API.id })
    standIns.push('ISSUER, CLIENT_ID: the local authorization server')
    if (set.CLIENT_ID && set.CLIENT_ID !== API.id) {
      standIns.push('Your CLIENT_ID is not used while ISSUER is empty.')
    }
  }
  if (!set.ORIGIN) {
    standInValues.ORIGIN = origin
    standIns.push(`ORIGIN: a sample service on ${origin}`)
  }
  return { values: { ...set, ...standInValues }, issuer, standIns, standInValues }
}

interface Service {
  readonly binding: string
  readonly service: string
  readonly entrypoint?: string
  readonly remote?: boolean
}

function bindLocally(settings: Settings, gateway: string) {
  const services: (Service & { props?: object })[] = []
  const standIns: string[] = []
  const standIn = (binding: string, target: string) => {
    const props = { binding, target }
    services.push({ binding, service: FRONT, entrypoint: 'StandIn', props })
    standIns.push(`env.${binding}: answers 501 in place of ${target}`)
  }
  for (const entry of asList(settings.services) as Service[]) {
    if (entry.service === ISSUER_WORKER) {
      services.push({ ...entry, service: FRONT, entrypoint: 'Issuer' })
    } else if (entry.remote || [gateway, STATE_WORKER].includes(entry.service)) {
      services.push(entry)
    } else {
      standIn(entry.binding, `the Worker ${entry.service}`)
    }
  }
  for (const [kind, what] of Object.entries(AWAY)) {
    for (const { binding } of asList(settings[kind]) as Service[]) standIn(binding, what)
  }
  return { services, standIns }
}

/** The paths of a configuration are relative to its folder, and this one is written elsewhere. */
function pathsFrom(folder: string, { main, tsconfig, base_dir, assets }: Settings): Settings {
  const absolute = (path: unknown) => resolve(folder, String(path))
  const { directory } = asObject(assets)
  return {
    ...(main !== undefined && { main: absolute(main) }),
    ...(tsconfig !== undefined && { tsconfig: absolute(tsconfig) }),
    ...(base_dir !== undefined && { base_dir: absolute(base_dir) }),
    ...(directory !== undefined && {
      assets: { ...asObject(assets), directory: absolute(directory) },
    }),
  }
}

function omit(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)))
}

function asObject(value: unknown): Settings {
  return typeof value === 'object' && value !== null ? (value as Settings) : {}
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
