// Every page says what is true: its configurations are sound, its commands exist, and its links lead somewhere.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { readmeBlocks } from '../support/readme.ts'
import { problemsOf } from './owner-file.ts'
import { anchorsOf, callsIn, commandsIn, configsIn, linksIn, PAGES, textOf } from './pages.ts'

const DOCS = PAGES.filter((page) => page === 'README.md' || page.startsWith('docs/'))
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>
}

/** What is not a script of ours and needs no test: programs of the machine, and installing a library. */
const OTHERS =
  /^(?:curl|cp|openssl|export|printf|base64|tr|cut|pip|go get|npm (?:ci|install|pack|update)\b|npx @modelcontextprotocol\/inspector$|npx gatehouse --help$)/
/** Scripts of the starter, which a page about the package is about. */
const { scripts: ofStarter } = JSON.parse(
  readFileSync('examples/starter/package.json', 'utf8'),
) as { scripts: Record<string, string> }

/** What is wrong with a command; undefined where nothing is. Commands of wrangler: wrangler-commands.test.ts. */
function wrongWith(call: string): string | undefined {
  if (OTHERS.test(call) || call.startsWith('npx wrangler ')) return undefined
  const [, , name = '', rest = ''] =
    /^npm (run (?:-s )?)?([a-z:-]+)(?: -- (.*))?$/.exec(
      // The command of the package has the names of the scripts, and no `--` before its options.
      call
        .replace(/^npm (?=start|test)/, 'npm run ')
        .replace(/^npx gatehouse ([a-z-]+)(?= |$)/, 'npm run $1 --')
        .replace(/ --$/, ''),
    ) ?? []
  if (name in ofStarter && !(name in scripts)) return undefined
  const script = scripts[name]
  if (script === undefined) return `${call}: there is no such script`
  const file = /(\S+)\.ts/.exec(script)?.[1]
  const files = file === undefined ? [] : globSync([`${file}.ts`, `${file}/**/*.ts`])
  const source = files.map((path) => readFileSync(path, 'utf8'))
  const flags = [...rest.replaceAll(/'[^']*'|"[^"]*"/g, '').matchAll(/(?<=^| )--(?!help)[a-z-]+/g)]
  const unknown = flags.filter(([flag]) => !source.some((text) => text.includes(flag)))
  return unknown.length > 0 ? `${call}: ${name} has no ${unknown.join(' ')}` : undefined
}

describe.each(PAGES)('%s', (page) => {
  it('has links that lead somewhere', () => {
    const broken = linksIn(page).filter(({ path, hash }) => {
      const target = path === '' ? page : normalize(join(dirname(page), path))
      if (!existsSync(target)) return true
      return hash !== '' && target.endsWith('.md') && !anchorsOf(target).has(hash)
    })
    expect(broken).toEqual([])
  })

  it('has commands that exist, with their options', () => {
    const calls = commandsIn(page).flatMap(callsIn)
    expect(calls.flatMap((call) => wrongWith(call) ?? [])).toEqual([])
  })
})

describe.each(DOCS)('%s', (page) => {
  it.each(configsIn(page).map((block) => [block]))(
    'has a configuration without a problem',
    async (block) => {
      expect(await problemsOf(block)).toEqual([])
    },
  )

  it('has parts of wrangler.toml that can be read', () => {
    for (const block of readmeBlocks('toml', textOf(page))) expect(() => parse(block)).not.toThrow()
  })
})

describe('docs', () => {
  it('are reached from their index, every page of them', () => {
    const reached = new Set(['docs/README.md'])
    for (const page of reached) {
      for (const { path } of linksIn(page)) {
        const target = normalize(join(dirname(page), path))
        if (target.startsWith('docs/') && target.endsWith('.md')) reached.add(target)
      }
    }
    expect(DOCS.filter((page) => page !== 'README.md' && !reached.has(page))).toEqual([])
  })

  it('have a title each, and no two the same', () => {
    const titles = DOCS.map((page) => /^# (.+)$/m.exec(textOf(page))?.[1])
    expect(titles.filter((title) => title === undefined)).toEqual([])
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('have a page for every preset, in the table of providers', () => {
    const pages = DOCS.filter((page) => /^docs\/providers\/(?!README)/.test(page))
    const linked = linksIn('docs/providers/README.md').map(({ path }) => `docs/providers/${path}`)
    expect(pages.filter((page) => !linked.includes(page))).toEqual([])
    const names = pages.map((page) => page.replace(/^.*\/(.*)\.md$/, '$1'))
    const shared = ['common', 'provider', 'slips', 'urls', 'oidc', 'google-iap']
    const presets = globSync('src/auth/presets/*.ts').map((file) =>
      file.replace(/^.*\/(.*)\.ts$/, '$1'),
    )
    expect(new Set([...shared, ...names])).toEqual(new Set(presets))
  })
})
