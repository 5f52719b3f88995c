// Turns a Worker's TypeScript into the one ES module that workerd loads, with the settings that
// wrangler bundles with. No files are written.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A Worker: a file (from the repository's root or absolute), or its text (TypeScript is fine). */
export type WorkerSource = { entry: string } | { script: string }

const ROOT = fileURLToPath(new URL('../../', import.meta.url).href)

/** Bundles one Worker; throws esbuild's message when it cannot. */
export async function bundleWorker(source: WorkerSource): Promise<string> {
  const { outputFiles } = await build({
    ...('entry' in source
      ? { entryPoints: [source.entry] }
      : { stdin: { contents: source.script, loader: 'ts', resolveDir: ROOT } }),
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    define: { 'process.env.NODE_ENV': '"production"' },
    keepNames: false,
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/** Compatibility date and flags that the gateway deploys with. */
export function deployedCompatibility(): { date: string; flags: string[] } {
  const toml = readFileSync(`${ROOT}test/product/wrangler.toml`, 'utf8')
  const date = /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(toml)?.[1]
  const flags = /^compatibility_flags\s*=\s*\[([^\]]*)\]/m.exec(toml)?.[1]
  if (date === undefined || flags === undefined) {
    throw new Error(
      'test/product/wrangler.toml: compatibility_date or compatibility_flags not found',
    )
  }
  return { date, flags: [...flags.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '') }
}
