/** What in wrangler.toml is legal, deploys, and is not what was meant: second doors, lost bindings, lost lines. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { experimental_readRawConfig, unstable_readConfig } from 'wrangler'
import { isObject, type JsonObject } from '../../lib/strict-json.ts'
import { suggest } from '../../options/suggest.ts'
import type { Finding } from './report.ts'

/** A part of wrangler's own schema of its file. */
interface Shape {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: boolean | Shape
  readonly items?: Shape
}

interface Schema {
  readonly definitions: { readonly RawConfig: Shape } & Readonly<Record<string, Shape>>
}

/** Kinds of bindings that an environment does not inherit. */
const BINDINGS = [
  'kv_namespaces',
  'services',
  'mtls_certificates',
  'vpc_services',
  'vpc_networks',
] as const

/** Warnings about the file at `path`, as it is deployed to the environment; without one, to any. */
export function checkWranglerFile(path: string, environment: string | undefined): Finding[] {
  const { rawConfig } = experimental_readRawConfig({ config: path })
  const raw = JSON.parse(JSON.stringify(rawConfig)) as JsonObject
  const top = resolve(path, undefined)
  const names =
    environment === undefined ? [undefined, ...(top.definedEnvironments ?? [])] : [environment]
  const texts = [
    ...strayKeys(raw),
    ...names.flatMap((name) => [
      ...secondDoors(resolve(path, name), name),
      ...lostBindings(top, resolve(path, name), name),
    ]),
  ]
  return [
    ...frontCaches(raw),
    ...texts.map((text): Finding => ({ verdict: 'warning', text: `wrangler.toml: ${text}` })),
  ]
}

/** A cache in front of the Worker answers before the gateway has asked anybody who they are. */
function frontCaches(raw: JsonObject): Finding[] {
  const environments = Object.entries((raw.env ?? {}) as Record<string, JsonObject>)
  const parts = [
    ['', raw] as const,
    ...environments.map(([name, part]) => [`env.${name}.`, part] as const),
  ]
  return parts
    .filter(([, { cache }]) => (cache as { enabled?: unknown } | undefined)?.enabled === true)
    .map(([prefix]) => ({
      verdict: 'problem',
      text: `wrangler.toml: [${prefix}cache] answers in front of the gateway, so that whoever asks second is not checked. Take it out, and use cached({ share: 'subject' }) on a route`,
    }))
}

/** What is wrong with the name of an environment; undefined where the file has it, or none is asked for. */
export function unknownEnvironment(
  path: string,
  environment: string | undefined,
): string | undefined {
  const known = resolve(path, undefined).definedEnvironments ?? []
  if (environment === undefined || known.includes(environment)) return undefined
  const advice = known.length > 0 ? `There is ${known.join(', ')}` : `Add [env.${environment}]`
  return `wrangler.toml has no [env.${environment}]. ${advice}`
}

interface Bound {
  readonly binding: string
}

/** The part of wrangler's resolved configuration that is looked at. */
interface Resolved {
  readonly definedEnvironments?: readonly string[] | undefined
  readonly routes?: readonly unknown[] | undefined
  readonly route?: unknown
  readonly workers_dev?: boolean | undefined
  readonly preview_urls?: boolean | undefined
  readonly kv_namespaces: readonly Bound[]
  readonly services?: readonly Bound[] | undefined
  readonly mtls_certificates?: readonly Bound[] | undefined
  readonly vpc_services?: readonly Bound[] | undefined
  readonly vpc_networks?: readonly Bound[] | undefined
}

function resolve(path: string, env: string | undefined): Resolved {
  return unstable_readConfig(
    { config: path, ...(env !== undefined && { env }) },
    { hideWarnings: true },
  )
}

function place(name: string | undefined): string {
  return name === undefined ? 'at the top' : `in [env.${name}]`
}

function secondDoors(config: Resolved, name: string | undefined): string[] {
  const routes = config.routes ?? (config.route === undefined ? [] : [config.route])
  if (routes.length === 0) return []
  const doors = [
    ...(config.workers_dev === true ? ['workers_dev'] : []),
    ...(config.preview_urls === true ? ['preview_urls'] : []),
  ]
  return doors.map(
    (door) =>
      `${door} is true beside the routes ${place(name)}: a second address of the gateway, without the rules of your zone. Write ${door} = false`,
  )
}

function lostBindings(top: Resolved, config: Resolved, name: string | undefined): string[] {
  if (name === undefined) {
    const hasStore = top.kv_namespaces.some(({ binding }) => binding === 'STORE')
    if (hasStore) return []
    return [
      'has no KV namespace with the binding STORE, so that every isolate asks the issuers for their keys. Add [[kv_namespaces]] with binding = "STORE"',
    ]
  }
  return BINDINGS.flatMap((kind) => {
    const names = (bound: Resolved) => bound[kind]?.map(({ binding }) => binding) ?? []
    const there = names(config)
    return names(top)
      .filter((binding) => !there.includes(binding))
      .map(
        (binding) =>
          `[env.${name}] has no binding ${binding}, which it does not inherit. Add [[env.${name}.${kind}]] with binding = "${binding}"`,
      )
  })
}

/** Lines that stand in a table that does not know them, and so do nothing: TOML has no way back to the top. */
function strayKeys(raw: JsonObject): string[] {
  const { definitions } = JSON.parse(readFileSync(schemaFile(), 'utf8')) as Schema
  const top = Object.keys(definitions.RawConfig.properties ?? {})
  const found: string[] = []

  function walk(value: unknown, given: Shape | undefined, table: string): void {
    const shape = given?.$ref ? definitions[given.$ref.replace('#/definitions/', '')] : given
    if (Array.isArray(value)) {
      for (const item of value) walk(item, shape?.items, table)
    } else if (isObject(value) && shape?.properties) {
      for (const [key, inner] of Object.entries(value)) {
        const known = shape.properties[key]
        if (known) walk(inner, known, table === '' ? key : `${table}.${key}`)
        else if (shape.additionalProperties === false && key !== '$schema')
          found.push(explainStray(key, table, top, Object.keys(shape.properties)))
      }
    } else if (isObject(value) && isObject(shape?.additionalProperties)) {
      for (const [key, inner] of Object.entries(value)) {
        walk(inner, shape.additionalProperties as Shape, `${table}.${key}`)
      }
    }
  }

  walk(raw, definitions.RawConfig, '')
  return found
}

function explainStray(
  key: string,
  table: string,
  top: readonly string[],
  here: readonly string[],
): string {
  const where = table === '' ? 'the file' : `[${table}]`
  if (table !== '' && top.includes(key)) {
    return `${key} stands in ${where}, where it does nothing. Move it up, above the first line in [ ]`
  }
  const meant = suggest(key, here)
  const hint = meant === undefined ? 'Take it out' : `Did you mean ${meant}?`
  return `${where} does not know ${key}, so that it does nothing. ${hint}`
}

function schemaFile(): string {
  const manifest = createRequire(import.meta.url).resolve('wrangler/package.json')
  return join(dirname(manifest), 'config-schema.json')
}
