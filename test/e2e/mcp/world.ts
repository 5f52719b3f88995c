// An MCP server of each era behind the gateway, with the authorization server under the same hostname: two Workers
// in one real workerd, bound as an owner would bind them.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AdminCommand } from '../../../src/issuer/admin.ts'
import { freePort } from '../../local/npm.ts'
import { bundleWorker, deployedCompatibility } from '../../support/worker-bundle.ts'
import { spawnWorkerd } from '../../support/workerd-process.ts'
import { type NotesServer, startNotesServer } from './server.ts'
import { type NewerNotesServer, startNewerNotesServer } from './server-v2.ts'

export interface McpWorld {
  /** Of everything that clients and browsers see. */
  origin: string
  notes: NotesServer
  newerNotes: NewerNotesServer
  /** Runs one command as the holder of ADMIN_KEY, through the gateway. */
  administer<Answer>(command: AdminCommand): Promise<Answer>
  stop(): Promise<void>
}

const ADMIN_KEY = 'an-administration-key-of-32-chars-or-more'

/** Starts all of them on loopback. */
export async function startMcpWorld(): Promise<McpWorld> {
  const notes = await startNotesServer()
  const newerNotes = await startNewerNotesServer()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mcp-'))
  const tidyUp = async () => {
    await notes.stop()
    await newerNotes.stop()
    await rm(folder, { recursive: true })
  }
  try {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const config = await workerdConfig({
      ...{ port, origin, folder },
      servers: { MCP_SERVER: notes.url, NEWER_MCP_SERVER: newerNotes.url },
    })
    const workerd = await spawnWorkerd(config, ['gateway'])
    return {
      origin,
      notes,
      newerNotes,
      async administer<Answer>(command: AdminCommand) {
        const response = await fetch(`${origin}/oauth2/admin`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_KEY}` },
          body: JSON.stringify(command),
        })
        if (!response.ok) throw new Error(await response.text())
        return (await response.json()) as Answer
      },
      async stop() {
        await workerd.kill()
        await tidyUp()
      },
    }
  } catch (error) {
    await tidyUp()
    throw error
  }
}

interface Places {
  port: number
  origin: string
  /** URLs, by the name of their binding. */
  servers: Record<string, string>
  /** Holds the storage. */
  folder: string
}

async function workerdConfig({ port, origin, servers, folder }: Places): Promise<string> {
  const targets = Object.entries(servers).map(
    ([name, url]) => `(name = "${name}", text = "${url}")`,
  )
  const { date, flags } = deployedCompatibility()
  const gateway = await bundleWorker({
    script: `
      import config from './test/e2e/mcp/gateway.config.ts'
      import { worker } from './src/worker.ts'
      export default worker(config)`,
  })
  const issuer = await bundleIssuer(folder)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "loopback", network = (allow = ["private"])),
    (name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true)),
    (name = "gateway", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(gateway)})],
      compatibilityDate = "${date}",
      compatibilityFlags = ${JSON.stringify(flags)},
      bindings = [
        (name = "ISSUER", text = "${origin}"),
        (name = "ISSUER_WORKER", service = "issuer"),
        ${targets.join(', ')}
      ],
      globalOutbound = "loopback")),
    (name = "issuer", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(issuer)})],
      compatibilityDate = "${date}",
      bindings = [
        (name = "ISSUER", text = "${origin}"),
        (name = "ADMIN_KEY", text = "${ADMIN_KEY}"),
        (name = "ISSUER_STORAGE", durableObjectNamespace = (className = "IssuerStorage"))
      ],
      durableObjectNamespaces = [
        (className = "IssuerStorage", uniqueKey = "issuer", enableSql = true)
      ],
      durableObjectStorage = (localDisk = "disk")))
  ],
  sockets = [(name = "gateway", address = "127.0.0.1:${port}", http = (), service = "gateway")]);`
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
