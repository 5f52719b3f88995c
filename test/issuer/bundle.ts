/** The authorization server as a deployment would upload it, on raw workerd with a disk. */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ADMIN_KEY, ISSUER } from './world.ts'

/** Bundles `main` into `folder`; answers the code. */
export async function bundleIssuer(folder: string, main = 'src/issuer/index.ts'): Promise<string> {
  const wrangler = fileURLToPath(import.meta.resolve('wrangler'))
  const settings = '--config=src/issuer/wrangler.toml'
  const args = ['deploy', main, '--dry-run', settings, `--outdir=${folder}`]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' }
  await promisify(execFile)(process.execPath, [wrangler, ...args], { env })
  return readFile(join(folder, `${basename(main, '.ts')}.js`), 'utf8')
}

/** The server on raw workerd, its storage on a disk that outlives the process; on any port or on `port`. */
export function issuerConfig(disk: string, bundle: string, port = 0): string {
  const issuer = port === 0 ? ISSUER : `http://localhost:${port}`
  const secrets = { ADMIN_KEY, ISSUER_KEY_SECRET: 'k'.repeat(32) }
  const vars = { ISSUER: issuer, API_AUDIENCE: 'api', ...secrets }
  const text = Object.entries(vars).map(([name, value]) => `(name = "${name}", text = "${value}")`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "network", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = ${JSON.stringify(disk)}, writable = true)),
    (name = "issuer", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(bundle)})],
      compatibilityDate = "2026-11-01",
      bindings = [
        ${text.join(',')},
        (name = "ISSUER_STORAGE", durableObjectNamespace = (className = "IssuerStorage"))
      ],
      durableObjectNamespaces = [
        (className = "IssuerStorage", uniqueKey = "issuer", enableSql = true)
      ],
      durableObjectStorage = (localDisk = "disk"),
      globalOutbound = "network"))
  ],
  sockets = [(name = "issuer", address = "127.0.0.1:${port}", http = (), service = "issuer")]);`
}
