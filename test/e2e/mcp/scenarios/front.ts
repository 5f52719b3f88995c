// The gateway in front of the scenario server, in one workerd: over plain http, and over https where a certificate
// can be made.

import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../local/npm.ts'
import { bundleWorker, deployedCompatibility } from '../../../support/worker-bundle.ts'
import { spawnWorkerd } from '../../../support/workerd-process.ts'

export interface Front {
  /** `http://localhost:…`, and `https://localhost:…`. */
  readonly origin: string
  /** The log lines so far. */
  events(): readonly Readonly<Record<string, unknown>>[]
  stop(): Promise<void>
}

export interface Certificate {
  readonly key: string
  readonly certificate: string
}

/** Undefined where there is no OpenSSL: Node makes keys, and no certificates. */
export async function makeCertificate(): Promise<Certificate | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-certificate-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  try {
    const { status } = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', key, '-out', certificate],
    ])
    if (status !== 0) return undefined
    return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Starts it on a free port of loopback. */
export async function startFront(server: string, certificate?: Certificate): Promise<Front> {
  const { date, flags } = deployedCompatibility()
  const port = await freePort()
  const bundle = await bundleWorker({
    script: `
      import config from './test/e2e/mcp/scenarios/gateway.config.ts'
      import { worker } from './src/worker.ts'
      export default worker(config)`,
  })
  const socket = certificate
    ? `https = (options = (), tlsOptions = (keypair = (
        privateKey = ${JSON.stringify(certificate.key)},
        certificateChain = ${JSON.stringify(certificate.certificate)})))`
    : 'http = ()'
  const workerd = await spawnWorkerd(
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "loopback", network = (allow = ["private"])),
    (name = "gateway", worker = (
      modules = [(name = "worker", esModule = ${JSON.stringify(bundle)})],
      compatibilityDate = "${date}",
      compatibilityFlags = ${JSON.stringify(flags)},
      bindings = [
        (name = "MCP_SERVER", text = "${server}"),
        (name = "PAGE", text = "http://localhost:${port}")
      ],
      globalOutbound = "loopback"))
  ],
  sockets = [(name = "gateway", address = "127.0.0.1:${port}", service = "gateway", ${socket})]);`,
    ['gateway'],
  )
  return {
    origin: `${certificate ? 'https' : 'http'}://localhost:${port}`,
    events: () =>
      workerd
        .logs()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: () => workerd.kill(),
  }
}
