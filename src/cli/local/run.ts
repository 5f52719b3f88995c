// Runs a gateway's wrangler.toml on one port, with what stands in locally in front of it and behind it, without
// an account and without the internet. Ends everything it started, whatever ends it: a signal, a closed
// terminal, or the death of npm.

import type { LogEvent } from '../../operate/log.ts'
import { assertPortIsFree, localUrl, readPort } from './address.ts'
import type { LocalConfigs } from './configs.ts'
import { type Minted, mintToken } from './mint.ts'
import { describeEvent, readLogLine } from './request-log.ts'
import { announce } from './running.ts'
import { StartError } from './start-error.ts'
import { ALL_SCOPES, READ_CONFIG } from './world.ts'
import { startWorld, type World } from './wrangler.ts'

const READY_WITHIN_MS = 120_000
const POLL_MS = 150
/** Wrangler says this when a change of a file is live. */
const RELOADED = 'Local server updated and ready'

/** What there is to say about a gateway that runs. */
export interface Started {
  readonly port: number
  readonly configs: LocalConfigs
  /** A token of the local authorization server; undefined where the owner has an issuer. */
  readonly token: Minted | undefined
  /** Whether the gateway has problems with its owner's file, and refuses everything. */
  readonly isRefusing: boolean
}

type Banner = (started: Started) => string | Promise<string>

/** Starts the gateway of `config`, says what `banner` makes of it, and shows what happens until it is told to end. */
export async function run(config: string, banner: Banner): Promise<void> {
  try {
    await runUntilStopped(config, banner)
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    console.error(`\n${error.message}`)
    process.exitCode = 1
  }
}

async function runUntilStopped(config: string, banner: Banner) {
  const port = readPort(process.env.PORT)
  await assertPortIsFree(port)
  const startedAt = performance.now()
  const world = await startWorld(port, config, (problem) => console.error(`\n${problem}\n`))
  showLines(world, (event) => event.event !== 'request')
  stopWithUs(world)

  process.stdout.write('Starting ')
  const dots = setInterval(() => process.stdout.write('.'), 500)
  let isRefusing: boolean
  try {
    await Promise.race([untilReady(port, world), world.ended])
    if (!world.running) return console.log()
    isRefusing = await refuses(port)
    const { configs } = world
    const token = configs.issuer === undefined ? await mintToken(port, ALL_SCOPES) : undefined
    const text = await banner({ port, configs, token, isRefusing })
    const seconds = (performance.now() - startedAt) / 1000
    console.log(` ${seconds.toFixed(1)} s\n${text}`)
  } catch (error) {
    await world.stop()
    throw error
  } finally {
    clearInterval(dots)
  }
  const withdraw = await announce(port, world.storage, world.configs.standInValues)
  showLines(world, (event) => event.event === 'request' && event.method !== READ_CONFIG.method)
  showReloads(port, world, isRefusing)
  await world.ended.finally(withdraw)
}

/** Prints such events from here on. */
function showLines(world: World, wanted: (event: LogEvent) => boolean): void {
  world.lines.on('line', (line: string) => {
    const event = readLogLine(line, world.configs.name)
    if (event && wanted(event)) console.log(describeEvent(event))
  })
}

/** Says when a change is live. A gateway reads its owner's file when it is asked first, so it is asked. */
function showReloads(port: number, world: World, isRefusing: boolean): void {
  let wasRefusing = isRefusing
  world.lines.on('line', async (line: string) => {
    const said = ownLine(line, world.configs.name)
    if (said !== undefined) return console.log(`  ${said}`)
    if (!line.includes(RELOADED)) return
    const isRefusingNow = await refuses(port).catch(() => true)
    if (!world.running) return
    if (isRefusingNow) console.log('  Your change is live: every request is refused with 500.')
    else console.log(`  Your change is live.${wasRefusing ? ' The problems are gone.' : ''}`)
    wasRefusing = isRefusingNow
  })
}

/** What the owner's own code logs. */
function ownLine(line: string, name: string): string | undefined {
  const prefix = `[${name}] `
  return line.startsWith(prefix) && !readLogLine(line, name) ? line.slice(prefix.length) : undefined
}

/** A signal, a closed terminal and the death of npm all end the world; so does a lost stdout. */
function stopWithUs(world: World): void {
  const stop = () => void world.stop()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  process.stdout.on('error', stop)
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), 1000).unref()
}

/** The world is ready when the gateway answers. */
async function untilReady(port: number, world: World): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (world.running && performance.now() < deadline) {
    if (
      await refuses(port).then(
        () => true,
        () => false,
      )
    )
      return
    // wrangler would wait for a change, and not see every one.
    if (world.isBroken) throw new StartError('Mend what stands above. Then: npm start')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  if (world.running) throw new StartError(`Nothing answers after ${READY_WITHIN_MS / 1000} s.`)
}

/** Makes the gateway read its owner's file. Whether it has problems with it; throws where nobody answers. */
async function refuses(port: number): Promise<boolean> {
  const response = await fetch(`${localUrl(port)}${READ_CONFIG.path}`, {
    signal: AbortSignal.timeout(5000),
  })
  const body = (await response.json()) as { code?: unknown }
  return body.code === 'config_invalid'
}
