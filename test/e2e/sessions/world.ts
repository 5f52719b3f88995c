// Everything that people with browsers need, on loopback: the gateway in one workerd, its state in another one that
// can be killed, and an authorization server behind a tap that counts and holds what the gateway asks.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request as outgoing } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AdminCommand } from '../../../src/issuer/admin.ts'
import { freePort } from '../../local/npm.ts'
import { listenOnLoopback } from '../../support/listen.ts'
import { bundleWorker, deployedCompatibility } from '../../support/worker-bundle.ts'
import { spawnWorkerd, type WorkerdProcess } from '../../support/workerd-process.ts'

const ADMIN_KEY = 'an-administration-key-of-32-chars-or-more'
export const PASSWORD = 'correct horse battery staple'
export const AUDIENCE = 'https://api.people.example'

export interface Tap {
  readonly url: string
  /** `METHOD path` of everything that came in. */
  readonly calls: string[]
  /** Holds calls to a path before they are answered, until let go. */
  hold(path: string): { begun: Promise<void>; release(): void }
  stop(): Promise<void>
}

export interface SessionsGateway {
  readonly origin: string
  setClockAhead(seconds: number): Promise<void>
  logs(): string
  /** As a power cut would end it. */
  killState(): Promise<void>
  startState(): Promise<void>
  stop(): Promise<void>
}

/** A proxy before an authorization server, at the address that the server takes for its own. */
export async function startTap(portOf: () => number): Promise<Tap> {
  const calls: string[] = []
  const held = new Map<string, { begun: () => void; gate: Promise<void> }>()
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://tap')
    calls.push(`${request.method} ${pathname}`)
    const body = await bodyOf(request)
    const hold = held.get(pathname)
    const pass = () => {
      const { method, url, headers } = request
      const options = { port: portOf(), host: '127.0.0.1', method, path: url, headers }
      const onward = outgoing(options, async (answer) => {
        const bytes = await bodyOf(answer)
        hold?.begun()
        await hold?.gate
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        response.end(bytes)
      })
      onward.on('error', () => response.destroy())
      onward.end(body)
    }
    pass()
  })
  const { port, stop } = await listenOnLoopback(server)
  return {
    url: `http://localhost:${port}`,
    calls,
    hold(path) {
      const begun = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      held.set(path, { begun: begun.resolve, gate: gate.promise })
      return {
        begun: begun.promise,
        release: () => {
          held.delete(path)
          gate.resolve()
        },
      }
    },
    stop,
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export interface GatewayVars {
  ISSUER: string
  AUDIENCE: string
  RESOURCE?: string
  CLIENT_ID: string
  CLIENT_SECRET: string
  SCOPES: string[]
}

/** `port` is known before, because the authorization server has to know where people come back to. */
export async function startSessionsGateway(
  port: number,
  vars: GatewayVars,
  entry = 'test/e2e/sessions/gateway.ts',
): Promise<SessionsGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sessions-'))
  const statePort = await freePort()
  const [gateway, far, elsewhere] = await Promise.all([
    bundleWorker({ entry }),
    bundleWorker({ entry: 'test/e2e/sessions/state-far.ts' }),
    bundleWorker({ entry: 'test/e2e/sessions/state-elsewhere.ts' }),
  ])
  const { date, flags } = deployedCompatibility()
  const common = `compatibilityDate = "${date}", compatibilityFlags = ${JSON.stringify(flags)}`
  const { SCOPES, ...texts } = vars
  const bindings = Object.entries(texts).map(
    ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
  )
  const process = await spawnWorkerd(
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "net", network = (allow = ["private"])),
    (name = "gateway", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(gateway)})], ${common},
      bindings = [${bindings.join(', ')},
        (name = "SCOPES", json = ${JSON.stringify(JSON.stringify(SCOPES))}),
        (name = "STATE", service = (name = "far", entrypoint = "State"))],
      globalOutbound = "net")),
    (name = "far", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(far)})], ${common},
      bindings = [(name = "FAR", service = "state")])),
    (name = "state", external = (address = "127.0.0.1:${statePort}", http = ()))
  ],
  sockets = [(name = "gateway", address = "127.0.0.1:${port}", http = (), service = "gateway")]);`,
    ['gateway'],
  )
  const classes = ['Numbers', 'Session', 'SessionIndex']
  const stateConfig = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true)),
    (name = "state", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(elsewhere)})], ${common},
      durableObjectNamespaces = [${classes
        .map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`)
        .join(', ')}],
      durableObjectStorage = (localDisk = "disk")))
  ],
  sockets = [(name = "state", address = "127.0.0.1:${statePort}", http = (), service = "state")]);`
  let state: WorkerdProcess<'state'> | undefined
  const startState = async () => {
    state = await spawnWorkerd(stateConfig, ['state'])
  }
  await startState()
  const origin = `http://localhost:${port}`
  return {
    origin,
    logs: () => process.logs() + (state?.logs() ?? ''),
    setClockAhead: async (seconds) => void (await fetch(`${origin}/clock-of-the-test?${seconds}`)),
    killState: async () => state?.kill(),
    startState,
    async stop() {
      await process.kill()
      await state?.kill()
      await rm(folder, { recursive: true })
    },
  }
}

export interface LocalIssuer {
  readonly tap: Tap
  readonly client: { id: string; secret: string }
  administer<Answer>(command: AdminCommand): Promise<Answer>
  logs(): string
  stop(): Promise<void>
}

/** src/issuer, with one person and one client that may come back to `origin`. */
export async function startLocalIssuer(
  origin: string,
  paths: { callback: string } = { callback: '/auth/callback' },
): Promise<LocalIssuer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-issuer-'))
  let workerd: WorkerdProcess<'issuer'> | undefined
  const tap = await startTap(() => workerd?.ports.issuer ?? 0)
  const { date } = deployedCompatibility()
  const issuer = await bundleIssuer(folder)
  workerd = await spawnWorkerd(
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "net", network = (allow = ["private"])),
    (name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true)),
    (name = "issuer", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(issuer)})],
      compatibilityDate = "${date}",
      bindings = [
        (name = "ISSUER", text = "${tap.url}"),
        (name = "ADMIN_KEY", text = "${ADMIN_KEY}"),
        (name = "ISSUER_STORAGE", durableObjectNamespace = (className = "IssuerStorage"))
      ],
      durableObjectNamespaces = [(className = "IssuerStorage", uniqueKey = "issuer", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      globalOutbound = "net"))
  ],
  sockets = [(name = "issuer", address = "127.0.0.1:0", http = (), service = "issuer")]);`,
    ['issuer'],
  )
  async function administer<Answer>(command: AdminCommand): Promise<Answer> {
    const response = await fetch(`${tap.url}/oauth2/admin`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      body: JSON.stringify(command),
    })
    if (!response.ok) throw new Error(await response.text())
    return (await response.json()) as Answer
  }
  await administer({
    command: 'user add',
    login: 'ada',
    password: PASSWORD,
    name: 'Ada',
    email: 'ada@acme.example',
  })
  const client = await administer<{ id: string; secret: string }>({
    command: 'client add',
    kind: 'web',
    name: 'People',
    firstParty: true,
    redirectUris: [origin + paths.callback],
    postLogoutRedirectUris: [`${origin}/people`],
    backchannelLogoutUri: `${origin}/auth/backchannel-logout`,
  })
  return {
    tap,
    client,
    administer,
    logs: () => workerd?.logs() ?? '',
    async stop() {
      await tap.stop()
      await workerd?.kill()
      await rm(folder, { recursive: true })
    },
  }
}

/** What a deployment of issuer.ts would upload: wrangler knows how Workers name Node's modules. */
async function bundleIssuer(folder: string): Promise<string> {
  const wrangler = fileURLToPath(import.meta.resolve('wrangler'))
  const main = join(import.meta.dirname, 'issuer.ts')
  const settings = join(import.meta.dirname, '../../../src/issuer/wrangler.toml')
  const args = ['deploy', main, '--dry-run', `--config=${settings}`, `--outdir=${folder}`]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' }
  await promisify(execFile)(process.execPath, [wrangler, ...args], { env })
  return readFile(join(folder, 'issuer.js'), 'utf8')
}
