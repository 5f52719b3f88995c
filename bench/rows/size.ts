/**
 * What is deployed: its size as wrangler builds it, its size with every module of the gateway, and how
 * long it takes to start.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { run } from '../processes.ts'
import { estimate } from '../stats.ts'
import { HERE, keepsNames, scratch } from '../workerd.ts'
import type { World } from '../world.ts'
import { atMost, exactly, type Row } from './row.ts'

const KIB = 1024
const STARTUP_ROUNDS = 5
const root = fileURLToPath(new URL('../../', import.meta.url).href)
const wrangler = join(
  dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
  'bin/wrangler.js',
)
/** Rooms of the gateway; the issuer is a Worker of its own and cli runs in Node. */
const NOT_THE_GATEWAY = ['issuer', 'cli']

export async function sizeRows(world: World): Promise<Row[]> {
  world.progress('wrangler deploy --dry-run')
  const shipped = await shippedBytes()
  world.progress('every module of the gateway in one bundle')
  const everything = await everythingBytes()
  const startup: number[] = []
  for (let round = 1; round <= STARTUP_ROUNDS; round++) {
    world.progress(`wrangler check startup: ${round}/${STARTUP_ROUNDS}`)
    startup.push(await startupMs())
  }
  const shippedSize = exactly(shipped / KIB)
  const everythingSize = exactly(everything / KIB)
  return [
    {
      group: 'size',
      label: 'gzip size as shipped',
      value: shippedSize,
      unit: 'KiB',
      goal: atMost(shippedSize, 30, '≤ 30 KiB'),
    },
    {
      group: 'size',
      label: 'gzip size with every feature',
      value: everythingSize,
      unit: 'KiB',
      goal: atMost(everythingSize, 60, '≤ 60 KiB'),
      context: 'every export of every module of the gateway',
    },
    {
      group: 'size',
      label: 'start-up, CPU',
      value: estimate(startup),
      unit: 'ms',
      context: 'wrangler check startup, on this machine; the limit is 1,000 ms',
    },
  ]
}

async function shippedBytes(): Promise<number> {
  const outdir = scratch('dry-run')
  await runWrangler(['deploy', '--dry-run', '--outdir', outdir], root)
  return readdirSync(outdir)
    .filter((name) => /\.(m?js|wasm)$/.test(name))
    .map((name) => gzipSync(readFileSync(join(outdir, name))).length)
    .reduce((sum, bytes) => sum + bytes, 0)
}

/** An upper bound: nothing is left out, not even what only tests use. */
async function everythingBytes(): Promise<number> {
  const modules = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !NOT_THE_GATEWAY.includes(name.split('/')[0] ?? ''))
    .map((name, index) => `export * as m${index} from ${JSON.stringify(`./src/${name}`)}`)
  const result = await build({
    stdin: { contents: modules.join('\n'), resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    minify: true,
    keepNames: keepsNames(HERE),
    logLevel: 'silent',
  })
  return gzipSync(result.outputFiles[0]?.contents ?? new Uint8Array()).length
}

/** wrangler's own figure; its profile goes into a folder that is gone afterwards. */
async function startupMs(): Promise<number> {
  const outfile = join(scratch('startup'), 'worker-startup.cpuprofile')
  const out = await runWrangler(['check', 'startup', `--outfile=${outfile}`], root)
  const active = /Active:\s*([\d.]+) ms/.exec(out)?.[1]
  if (active === undefined) throw new Error(`wrangler check startup said nothing of time:\n${out}`)
  return Number(active)
}

function runWrangler(args: string[], cwd: string): Promise<string> {
  return run(process.execPath, [wrangler, ...args], {
    cwd,
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      NO_COLOR: '1',
    },
  })
}
