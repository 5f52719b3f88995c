/** A KV namespace by way of wrangler's own commands, so that local and deployed ones are reached as wrangler reaches them. */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isObject } from '../../lib/strict-json.ts'

export interface WranglerKv {
  /** The names that begin so. */
  list(prefix: string): Promise<string[]>
  /** The values of those names that have one. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>
  put(name: string, value: string): Promise<void>
  remove(name: string): Promise<void>
}

/** How many values wrangler reads at once. */
const READ_AT_ONCE = 100

/** `flags` say which namespace, and where it is. */
export function wranglerKv(flags: readonly string[]): WranglerKv {
  const run = (...args: string[]) => wrangler(['kv', ...args, ...flags])

  async function readSome(names: readonly string[]): Promise<[string, string][]> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-api-key-'))
    try {
      const file = join(folder, 'names.json')
      await writeFile(file, JSON.stringify(names))
      const found: unknown = JSON.parse(await run('bulk', 'get', file))
      return Object.entries(isObject(found) ? found : {}).flatMap(([name, entry]) =>
        isObject(entry) && typeof entry.value === 'string' ? [[name, entry.value]] : [],
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  return {
    async list(prefix) {
      const found: unknown = JSON.parse(await run('key', 'list', '--prefix', prefix))
      return (Array.isArray(found) ? found : []).map(({ name }: { name: string }) => name)
    },

    async read(names) {
      const values = new Map<string, string>()
      for (let from = 0; from < names.length; from += READ_AT_ONCE) {
        const some = await readSome(names.slice(from, from + READ_AT_ONCE))
        for (const [name, value] of some) values.set(name, value)
      }
      return values
    },

    async put(name, value) {
      await run('key', 'put', name, value)
    },

    async remove(name) {
      await run('key', 'delete', name)
    },
  }
}

/** What it prints. Throws with its own words where it fails. */
function wrangler(args: readonly string[]): Promise<string> {
  const command = [fileURLToPath(import.meta.resolve('wrangler')), ...args]
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', WRANGLER_WRITE_LOGS: 'false' }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--no-warnings', ...command], { env }, (error, out, err) => {
      if (!error) return resolve(out)
      const said = `${err}\n${out}`.trim().replace(/^✘ \[ERROR\] /, '')
      reject(new Error(`wrangler could not do it.\n${said}`))
    }).stdin?.end()
  })
}
