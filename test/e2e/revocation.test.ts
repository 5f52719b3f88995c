// Revocation over real sockets: three gateways in processes of their own, and a fourth process that keeps the marks.
// How soon is measured by the machine's clock.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { bundleWorker, deployedCompatibility } from '../support/worker-bundle.ts'
import { spawnWorkerd, type WorkerdProcess } from '../support/workerd-process.ts'

const OPERATOR_KEY = 'p8Xn2Vq7Lr4Tz9Wc1Ks6Bd3Fh5Jm0GyQ'
/** What docs/revocation.md says: our part. */
const BOUND_SECONDS = 60
const GATEWAYS = 3

const CONFIG = `{
  schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
  revocation: revocation({ state: env.STATE, operatorKey: env.OPERATOR_KEY }),
  routes: [{ path: '/*', to: () => new Response() }],
}`

async function startState(folder: string): Promise<WorkerdProcess<'state'>> {
  const module = await bundleWorker({ entry: 'test/e2e/revocation/state-elsewhere.ts' })
  const { date, flags } = deployedCompatibility()
  return spawnWorkerd(
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true)),
    (name = "state", worker = (
    modules = [(name = "worker", esModule = ${JSON.stringify(module)})],
    compatibilityDate = "${date}", compatibilityFlags = ${JSON.stringify(flags)},
    durableObjectNamespaces = [(className = "Marks", uniqueKey = "Marks", enableSql = true)],
    durableObjectStorage = (localDisk = "disk")))],
  sockets = [(name = "state", address = "127.0.0.1:0", http = (), service = "state")]);`,
    ['state'],
  )
}

describe('a session that is revoked at one gateway', () => {
  let issuer: SocketIssuer
  let state: WorkerdProcess<'state'>
  let gateways: GatewayWorker[] = []
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-marks-'))
    ;[issuer, state] = await Promise.all([startIssuer({ algs: ['ES256'] }), startState(folder)])
    const STATE_URL = `http://127.0.0.1:${state.ports.state}/`
    const vars = { ISSUER: issuer.issuer, OPERATOR_KEY }
    const entry = 'test/e2e/revocation/state-far.ts'
    const services = { STATE: { entry, entrypoint: 'State', vars: { STATE_URL } } }
    const start = () => startGatewayWorker({ config: CONFIG, vars, services })
    gateways = await Promise.all(Array.from({ length: GATEWAYS }, start))
  }, 120_000)
  afterAll(async () => {
    await Promise.all([...gateways.map((one) => one.stop()), issuer.stop(), state.kill()])
    await rm(folder, { recursive: true })
  })

  const ask = async (token: string) =>
    (await Promise.all(gateways.map((gateway) => gateway.show(token)))).map(([status]) => status)

  async function revoke(session: string): Promise<void> {
    const { status } = await fetch(`${gateways[0]?.url}/.well-known/gatehouse/revoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
      body: JSON.stringify({ session }),
    })
    expect(status).toBe(200)
  }

  const everywhere = (status: number) => Array<number>(GATEWAYS).fill(status)

  it('is refused by all of them within the bound, while they are asked all the time', async () => {
    const [mine, other] = [await issuer.mint({ sid: 'a1' }), await issuer.mint({ sid: 'a2' })]
    expect([await ask(mine), await ask(other)]).toEqual([everywhere(200), everywhere(200)])
    await revoke('a1')
    const began = performance.now()
    let seconds = 0
    for (; seconds < BOUND_SECONDS; seconds = (performance.now() - began) / 1_000) {
      if ((await ask(mine)).every((status) => status === 401)) break
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    console.log(`${GATEWAYS} gateways refuse a revoked session after ${seconds.toFixed(1)} s`)
    expect(seconds).toBeLessThan(BOUND_SECONDS)
    expect([await ask(mine), await ask(other)]).toEqual([everywhere(401), everywhere(200)])
  })

  it('is refused by the first request of one that nobody has asked for so long', async () => {
    const token = await issuer.mint({ sid: 'b1' }, { lifetimeSeconds: 3_600 })
    expect(await ask(token)).toEqual(everywhere(200))
    await revoke('b1')
    await Promise.all(gateways.map((gateway) => gateway.setClockAhead(BOUND_SECONDS)))
    expect(await ask(token)).toEqual(everywhere(401))
  })
})
