// Runs a Worker on real workerd behind a raw socket: what a client sends is what the Worker sees,
// with no development server in between that would tidy paths and headers. Loopback only.
// It is not Cloudflare's edge: no CF-Connecting-IP, no limits, no request.cf.

import { readFileSync } from 'node:fs'
import type { CacheStore } from './cache.ts'
import { type KvStore, startKv } from './kv.ts'
import { bundleWorker, deployedCompatibility, type WorkerSource } from './worker-bundle.ts'
import { type WorkerConfig, type WorkerdConfig, workerdConfig } from './workerd-config.ts'
import { spawnWorkerd } from './workerd-process.ts'

/** What a service binding leads to: another Worker in the same process, or a server on loopback. */
export type ServiceSource =
  | (WorkerSource & { vars?: Record<string, unknown>; entrypoint?: string })
  | { url: string }

export type WorkerdOptions<Kv extends string> = WorkerSource & {
  /** Vars and secrets. Strings are bound as text, all else as JSON; `undefined` binds nothing. */
  vars?: Record<string, unknown>
  /** Namespaces by binding name: fresh ones for a list, given ones (to share, to break) for a map. */
  kv?: Kv[] | Record<Kv, KvStore>
  /** What `caches` leads to. Without it every call to the Cache API rejects. */
  cache?: CacheStore
  /** A service with an `entrypoint` of methods also stands in for bindings such as a rate limit. */
  services?: Record<string, ServiceSource>
  /** Default: what the gateway deploys with. */
  compatibilityDate?: string
  compatibilityFlags?: string[]
  /** A request header that names the scheme of request.url; workerd removes it. Default: http. */
  protoHeader?: string
}

/** A running Worker; `Kv` are the names of its namespaces. */
export interface Workerd<Kv extends string = never> {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly kv: Record<Kv, KvStore>
  /** Runs the Worker's scheduled handler to its end; answers its outcome, `ok` or `exception`. */
  scheduled(cron?: string, scheduledTimeMs?: number): Promise<string>
  /** Everything printed so far: console output and uncaught exceptions. */
  logs(): string
  /** Waits for a log line that matches. Rejects with the log after five seconds. */
  logLine(pattern: RegExp): Promise<string>
  /** Resident memory of the process; `undefined` where there is no /proc. */
  rssBytes(): number | undefined
  /** Kills the process and waits for its end; hanging requests do not hold it up. */
  stop(): Promise<void>
}

// Fetcher.scheduled is how workerd lets one Worker fire the cron trigger of another.
const CONTROL_SCRIPT = `export default { async fetch(request, env) {
  const { outcome } = await env.WORKER.scheduled(await request.json())
  return new Response(outcome)
} }`

/** Bundles and starts a Worker; resolves once it listens. */
export async function startWorkerd<Kv extends string = never>(
  options: WorkerdOptions<Kv>,
): Promise<Workerd<Kv>> {
  const own = Array.isArray(options.kv)
    ? await Promise.all(options.kv.map(async (name) => [name, await startKv()] as const))
    : []
  const kv = (Array.isArray(options.kv) ? Object.fromEntries(own) : (options.kv ?? {})) as Record<
    Kv,
    KvStore
  >
  const stopKv = () => Promise.all(own.map(([, store]) => store.stop()))
  try {
    const child = await spawnWorkerd(await configText(options, kv), ['worker', 'control'])
    const port = child.ports.worker
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      pid: child.pid,
      kv,
      async scheduled(cron = '*/5 * * * *', scheduledTimeMs = Date.now()) {
        const body = JSON.stringify({ cron, scheduledTime: scheduledTimeMs })
        const url = `http://127.0.0.1:${child.ports.control}/`
        return (await fetch(url, { method: 'POST', body })).text()
      },
      logs: child.logs,
      logLine: child.logLine,
      rssBytes: () => rssBytes(child.pid),
      async stop() {
        await child.kill()
        await stopKv()
      },
    }
  } catch (error) {
    await stopKv()
    throw error
  }
}

async function configText(
  options: WorkerdOptions<string>,
  kv: Record<string, KvStore>,
): Promise<string> {
  const deployed = deployedCompatibility()
  const common = {
    compatibilityDate: options.compatibilityDate ?? deployed.date,
    compatibilityFlags: options.compatibilityFlags ?? deployed.flags,
    kv: {},
    services: {},
  }
  const external: WorkerdConfig['external'] = {}
  const main: WorkerConfig = {
    ...common,
    ...splitVars(options.vars),
    name: 'worker',
    module: await bundleWorker(options),
    kv: Object.fromEntries(Object.keys(kv).map((name) => [name, `kv-${name}`])),
  }
  for (const [name, store] of Object.entries(kv)) external[`kv-${name}`] = store
  if (options.cache) {
    main.cache = 'cache'
    external.cache = { port: options.cache.port, absolute: true }
  }
  const workers = [main]
  for (const [name, source] of Object.entries(options.services ?? {})) {
    const service = `service-${name}`
    const entrypoint = 'url' in source ? undefined : source.entrypoint
    main.services = { ...main.services, [name]: { service, entrypoint } }
    if ('url' in source) external[service] = { port: Number(new URL(source.url).port) }
    else {
      const module = await bundleWorker(source)
      workers.push({ ...common, ...splitVars(source.vars), name: service, module })
    }
  }
  workers.push({
    ...common,
    ...splitVars({}),
    name: 'control',
    module: CONTROL_SCRIPT,
    compatibilityFlags: ['service_binding_extra_handlers'],
    services: { WORKER: { service: 'worker' } },
  })
  const sockets = {
    worker: { service: 'worker', protoHeader: options.protoHeader },
    control: { service: 'control' },
  }
  return workerdConfig({ workers, external, sockets })
}

function splitVars(vars: Record<string, unknown> = {}): Pick<WorkerConfig, 'text' | 'json'> {
  const text: Record<string, string> = {}
  const json: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(vars)) {
    if (typeof value === 'string') text[name] = value
    else if (value !== undefined) json[name] = value
  }
  return { text, json }
}

function rssBytes(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
