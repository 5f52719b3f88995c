/**
 * Bundles a Worker the way wrangler deploys it and serves it with raw workerd, one process per Worker.
 * Compatibility date, flags, minify and keep_names are those of the checkout's own wrangler.toml.
 */

import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTheMeasuredCore } from './cores.ts'
import { pidOf, start } from './processes.ts'

/** A checkout of this project: its Workers are bundled and served with its own settings. */
export interface Checkout {
  /** Absolute path of its folder. */
  root: string
  wranglerToml: string
}

export interface WorkerSpec {
  /** Entry file, relative to the checkout's bench/. */
  entry: string
  /** Default: this one. */
  checkout?: Checkout
  /** Plain-text bindings. */
  vars?: Record<string, string>
  /** Port of a server that speaks workerd's KV protocol, bound as STORE. */
  kvPort?: number
  /** With the state Worker of this checkout in the same process, bound as STATE. */
  state?: boolean
  /** Opens the inspector and keeps the source readable. */
  inspect?: boolean
}

export interface RunningWorker {
  url: string
  pid: number
  child: ChildProcess
  inspectorPort: number
}

const work = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const require = createRequire(import.meta.url)
const workerd = require('workerd') as { default: string; version: string }
let served = 0
const bundles = new Map<string, Promise<string>>()

/** Reads what a checkout says about itself. */
export function checkout(root: string): Checkout {
  return { root, wranglerToml: readFileSync(join(root, 'wrangler.toml'), 'utf8') }
}

/** The one that this benchmark is part of. */
export const HERE = checkout(fileURLToPath(new URL('..', import.meta.url).href))

/** wrangler's default; it costs a call for every function that is made at run time. */
export function keepsNames({ wranglerToml }: Checkout): boolean {
  return !/^keep_names\s*=\s*false/m.test(wranglerToml)
}

export const workerdVersion = workerd.version

/** A folder that is gone when the benchmark ends. */
export function scratch(name: string): string {
  const folder = join(work, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Bundles an entry as `wrangler deploy` would and gives the code. The same entry is bundled once. */
export function bundle(entry: string, from = HERE, readable = false): Promise<string> {
  const key = `${from.root} ${entry} ${readable}`
  const made = bundles.get(key) ?? bundled(entry, from, readable)
  bundles.set(key, made)
  return made
}

async function bundled(entry: string, from: Checkout, readable: boolean): Promise<string> {
  const result = await build({
    entryPoints: [join(from.root, 'bench', entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    minify: !readable && /^minify\s*=\s*true/m.test(from.wranglerToml),
    keepNames: keepsNames(from),
    logLevel: 'silent',
  })
  const output = result.outputFiles[0]
  if (output === undefined) throw new Error(`${entry} bundled to nothing`)
  return output.text
}

/** Serves a Worker on a free port of the loopback interface. */
export async function serve(spec: WorkerSpec): Promise<RunningWorker> {
  const from = spec.checkout ?? HERE
  const folder = scratch(`worker-${++served}`)
  writeFileSync(join(folder, 'worker.js'), await bundle(spec.entry, from, spec.inspect))
  const state = spec.state ? await stateWorker(folder) : ''
  writeFileSync(join(folder, 'config.capnp'), config(spec, from, state))
  const [command, args] = onTheMeasuredCore(workerd.default, [
    'serve',
    join(folder, 'config.capnp'),
    '--control-fd=3',
    ...(spec.inspect ? ['--inspector-addr=127.0.0.1:0'] : []),
  ])
  const child = start(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  const ports = await listening(child, spec.inspect ? ['http', 'inspector'] : ['http'])
  return {
    url: `http://127.0.0.1:${ports.get('http')}`,
    pid: pidOf(child),
    child,
    inspectorPort: ports.get('inspector') ?? 0,
  }
}

/** Reads workerd's control messages until every wanted socket listens. */
function listening(child: ChildProcess, wanted: string[]): Promise<Map<string, number>> {
  return new Promise((resolve, reject) => {
    const ports = new Map<string, number>()
    let text = ''
    const control = child.stdio[3] as Readable
    control.on('data', (chunk) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const message = JSON.parse(line) as { event: string; socket?: string; port: number }
        const socket = message.event === 'listen-inspector' ? 'inspector' : message.socket
        if (socket !== undefined) ports.set(socket, message.port)
      }
      if (wanted.every((socket) => ports.has(socket))) resolve(ports)
    })
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code} before it listened`)))
  })
}

/** src/state as its own wrangler.toml deploys it: a service for workerd's configuration. */
async function stateWorker(folder: string): Promise<string> {
  const root = join(HERE.root, 'src/state')
  const { wranglerToml } = checkout(root)
  writeFileSync(join(folder, 'state.js'), await bundle('../src/state/index.ts'))
  mkdirSync(join(folder, 'objects'))
  const classes = [...wranglerToml.matchAll(/^(\w+) = \{ type = "durable-object"/gm)].map(
    ([, name]) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`,
  )
  return `
    (name = "state", worker = (
      modules = [(name = "state.js", esModule = embed "state.js")],
      compatibilityDate = ${quote(compatibilityDate({ root, wranglerToml }))},
      durableObjectNamespaces = [${classes.join(', ')}],
      durableObjectStorage = (localDisk = "objects"),
    )),
    (name = "objects", disk = (path = ${quote(join(folder, 'objects'))}, writable = true)),`
}

function config(spec: WorkerSpec, from: Checkout, state: string): string {
  const bindings = Object.entries(spec.vars ?? {}).map(
    ([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`,
  )
  if (spec.kvPort !== undefined) bindings.push('(name = "STORE", kvNamespace = "kv")')
  if (spec.state) {
    bindings.push('(name = "STATE", service = (name = "state", entrypoint = "State"))')
  }
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = ${quote(compatibilityDate(from))},
      compatibilityFlags = [${flags(from).map(quote).join(', ')}],
      bindings = [${bindings.join(', ')}],
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["private", "public"])),
    ${spec.kvPort === undefined ? '' : `(name = "kv", external = (address = "127.0.0.1:${spec.kvPort}", http = ())),`}${state}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}

function compatibilityDate(from: Checkout): string {
  return setting(from, /^compatibility_date\s*=\s*"([^"]+)"/m)
}

function flags(from: Checkout): string[] {
  return [...setting(from, /^compatibility_flags\s*=\s*\[([^\]]*)\]/m).matchAll(/"([^"]+)"/g)].map(
    ([, flag]) => flag ?? '',
  )
}

function setting({ wranglerToml }: Checkout, pattern: RegExp): string {
  const value = pattern.exec(wranglerToml)?.[1]
  if (value === undefined) throw new Error(`wrangler.toml has no match for ${pattern}`)
  return value
}

function quote(text: string): string {
  return JSON.stringify(text)
}
