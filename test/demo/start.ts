// `npm start`: the gateway, an authorization server and a sample origin in one `wrangler dev` on
// one port, without an account and without the internet. Ends everything it started, whatever
// ends it: a signal, a closed terminal, or the death of npm.

import type { LogEvent } from '../../src/operate/log.ts'
import { assertPortIsFree, demoUrl, readPort } from './address.ts'
import { banner } from './banner.ts'
import { DemoError } from './demo-error.ts'
import { mintToken } from './mint.ts'
import { describeEvent, readLogLine } from './request-log.ts'
import { ALL_SCOPES } from './world.ts'
import { startWorld, type World } from './wrangler.ts'

const READY_WITHIN_MS = 120_000
const POLL_MS = 150

try {
  await main()
} catch (error) {
  if (!(error instanceof DemoError)) throw error
  console.error(`\n${error.message}`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const port = readPort(process.env.PORT)
  await assertPortIsFree(port)
  const startedAt = performance.now()
  const world = await startWorld(port)
  show(world, (event) => event.event !== 'request')
  stopWithUs(world)

  process.stdout.write('Starting the gateway, an authorization server and a sample origin ')
  const dots = setInterval(() => process.stdout.write('.'), 500)
  try {
    await Promise.race([untilReady(port, world), world.ended])
    if (!world.running) return console.log()
    const { accessToken, expiresInSeconds } = await mintToken(port, ALL_SCOPES)
    const seconds = (performance.now() - startedAt) / 1000
    console.log(` ${seconds.toFixed(1)} s\n${banner({ port, accessToken, expiresInSeconds })}`)
  } catch (error) {
    await world.stop()
    throw error
  } finally {
    clearInterval(dots)
  }
  show(world, (event) => event.event === 'request')
  await world.ended
}

/** Prints such events from here on. */
function show(world: World, wanted: (event: LogEvent) => boolean): void {
  world.lines.on('line', (line: string) => {
    const event = readLogLine(line)
    if (event && wanted(event)) console.log(describeEvent(event))
  })
}

/** A signal, a closed terminal and the death of npm all end the demo; so does a lost stdout. */
function stopWithUs(world: World): void {
  const stop = () => void world.stop()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  process.stdout.on('error', stop)
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), 1000).unref()
}

/** The world is ready when its discovery document names the issuer that clients will see. */
async function untilReady(port: number, world: World): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (world.running && performance.now() < deadline) {
    if ((await discoveredIssuer(port)) === demoUrl(port)) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  if (world.running)
    throw new DemoError(`The demo did not get ready within ${READY_WITHIN_MS / 1000} s.`)
}

async function discoveredIssuer(port: number): Promise<unknown> {
  try {
    const url = `${demoUrl(port)}/.well-known/openid-configuration`
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
    const document = (await response.json()) as { issuer?: unknown }
    return document.issuer
  } catch {
    return undefined
  }
}
