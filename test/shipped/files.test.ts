// The owner's files as they are shipped: what the product's tests take for granted about them, and what
// README.md and docs/production.md tell an owner to write into them.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { parse, type TomlTable } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { GUIDE, readmeBlocks } from '../support/readme.ts'
import { shipped, withState } from './uncomment.ts'

const PRODUCT = 'test/product/wrangler.toml'

/** What wrangler makes of a text of wrangler.toml. */
async function resolved(toml: string, env?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-config-'))
  try {
    const config = join(folder, 'wrangler.toml')
    await writeFile(config, toml)
    return unstable_readConfig({ config, ...(env && { env }) })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The blocks of the guide that stand for a part of wrangler.toml, by a word in them. */
function snippet(word: string): string {
  const [block = ''] = readmeBlocks('toml', GUIDE).filter((text) => text.includes(word))
  expect(block).toContain(word)
  return block
}

describe('wrangler.toml', () => {
  it.each(['test/demo/wrangler.toml', 'wrangler.toml'])(
    'has the compatibility date and flags that the tests run with: %s',
    (config) => {
      const settings = (path: string) => {
        const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: path })
        return { compatibility_date, flags: new Set(compatibility_flags) }
      }
      expect(settings(config)).toEqual(settings(PRODUCT))
    },
  )

  it('minifies as the tests and the benchmark do', () => {
    const settings = (path: string) => {
      const { minify, keep_names } = unstable_readConfig({ config: path })
      return { minify, keep_names }
    }
    expect(settings('wrangler.toml')).toEqual(settings(PRODUCT))
  })

  it('declares no Durable Object, so that the gateway can be rolled back', () => {
    const { durable_objects, exports, migrations } = unstable_readConfig({
      config: 'wrangler.toml',
    })
    expect({ durable_objects, exports, migrations }).toEqual({
      durable_objects: { bindings: [] },
      exports: {},
      migrations: [],
    })
  })

  it('binds the state Worker once the lines of STATE are uncommented', async () => {
    const { name } = unstable_readConfig({ config: 'src/state/wrangler.toml' })
    const { services } = await resolved(withState(shipped('wrangler.toml')))
    expect(services).toContainEqual({ binding: 'STATE', service: name, entrypoint: 'State' })
  })

  it('has one door on a custom domain, as docs/production.md writes it', async () => {
    const toml = shipped('wrangler.toml')
      .replace(/^# (?=routes = )/m, '')
      .replace(/^workers_dev = true/m, 'workers_dev = false')
    for (const line of snippet('custom_domain = true').trim().split('\n')) {
      expect(toml.split('\n')).toContain(line.replace(/ +#.*/, ''))
    }
    const { routes, workers_dev, preview_urls } = await resolved(toml)
    expect({ routes, workers_dev, preview_urls }).toEqual({
      routes: [{ pattern: 'api.example.com', custom_domain: true }],
      workers_dev: false,
      preview_urls: false,
    })
  })

  it('has a second environment with a store and an address of its own, as docs/production.md writes it', async () => {
    const production = shipped('wrangler.toml').replace(/^# (?=routes = )/m, '')
    const staging = await resolved(`${production}\n${snippet('[env.staging]')}`, 'staging')
    expect({
      name: staging.name,
      store: staging.kv_namespaces?.map((namespace: { binding: string }) => namespace.binding),
      routes: staging.routes,
      workers_dev: staging.workers_dev,
      crons: staging.triggers.crons,
    }).toEqual({
      name: 'gatehouse-staging',
      store: ['STORE'],
      routes: [{ pattern: 'api.staging.example.com', custom_domain: true }],
      workers_dev: false,
      crons: ['*/5 * * * *'],
    })
  })
})

describe('docs/keys.md', () => {
  it('says how often the cron trigger of wrangler.toml runs', async () => {
    const [cron = ''] = unstable_readConfig({ config: 'wrangler.toml' }).triggers.crons ?? []
    const minutes = /^\*\/(\d+) \* \* \* \*$/.exec(cron)?.[1]
    expect(await readFile('docs/keys.md', 'utf8')).toContain(`runs every ${minutes} minutes`)
  })
})

describe('.dev.vars.example', () => {
  it('has no value, because a Deploy button would make a secret of it', async () => {
    const text = await readFile('.dev.vars.example', 'utf8')
    expect(parseEnv(text)).toEqual({ ISSUER: '', CLIENT_ID: '' })
  })

  it('names every optional variable in a comment, and src/env.d.ts has its type', async () => {
    const text = await readFile('.dev.vars.example', 'utf8')
    const optional = [...text.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name)
    const types = await readFile('src/env.d.ts', 'utf8')
    const typed = [...types.matchAll(/^ {2}([A-Z_]+)\?: string$/gm)].map(([, name]) => name)
    expect(new Set(optional)).toEqual(new Set(['CLIENT_SECRET', 'ORIGIN']))
    expect(new Set(typed)).toEqual(new Set(optional))
  })
})

describe("the Deploy button's form", () => {
  it('has a text for each binding and each secret that it asks for, and for nothing else', async () => {
    const { cloudflare } = JSON.parse(await readFile('package.json', 'utf8')) as {
      cloudflare: { bindings: Record<string, { description: string }> }
    }
    const secrets = Object.keys(parseEnv(await readFile('.dev.vars.example', 'utf8')))
    const asked = new Set([...bindingsOf(parse(shipped('wrangler.toml'))), ...secrets])
    expect(new Set(Object.keys(cloudflare.bindings))).toEqual(asked)
    for (const text of Object.values(cloudflare.bindings)) {
      expect(text).toEqual({ description: expect.stringMatching(/^[A-Z].{20,}\.$/) })
    }
  })
})

/** Everything a wrangler.toml binds: what has a `binding` or stands in a list of `bindings`, and its variables. */
function bindingsOf({ vars = {}, env: _, ...settings }: TomlTable): string[] {
  const entries = Object.values(settings).flatMap((value) => {
    if (Array.isArray(value)) return value as TomlTable[]
    return typeof value === 'object' ? [value as TomlTable, ...listIn(value as TomlTable)] : []
  })
  const names = entries.map(({ binding, name }) => binding ?? name)
  return [...Object.keys(vars as TomlTable), ...names.filter((name) => typeof name === 'string')]
}

/** Durable Objects and queues have their bindings one level deeper. */
function listIn({ bindings = [], producers = [] }: TomlTable): TomlTable[] {
  return [...(bindings as TomlTable[]), ...(producers as TomlTable[])]
}
