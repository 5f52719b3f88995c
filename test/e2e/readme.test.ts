// What README.md says is true: its configuration is sound, its codes are those of the table, and each of
// its commands is run somewhere.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config/prepare.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { ASSERTION_KEY } from '../support/assertion-keys.ts'
import { README, readmeBlocks } from '../support/readme.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Evaluates a block as if it stood in src/gateway.config.ts. */
async function evaluate(block: string, name: string): Promise<unknown> {
  const file = join(folder, `${name}.ts`)
  const source = pathToFileURL('src/').href
  writeFileSync(file, block.replaceAll(/from '\.\//g, `from '${source}`))
  const { default: define } = (await import(pathToFileURL(file).href)) as {
    default: (env: Record<string, unknown>) => unknown
  }
  const binding = {
    fetch: () => Promise.resolve(new Response()),
    get: () => Promise.resolve(null),
    put: () => Promise.resolve(),
    writeDataPoint: () => {},
  }
  const strings = {
    ISSUER: 'https://issuer.example',
    CLIENT_ID: 'my-api',
    CLIENT_SECRET: 's',
    OPERATOR_KEY: 'Hq5tYp2Zr8Lw3Xn7Vc1Kb9Md4Fs6Jg0T',
    ASSERTION_KEY,
    LOG_KEY: 'vN3xQ8rT1mB6wK4zL9cH2dF7gJ5sP0yA',
    SESSION_KEY: 'kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA',
    LINK_KEY: 'A7fPq2Zs9vXk4LmN8bRt6WcY3hJd5GeQ',
  }
  return define(
    new Proxy({ ...strings }, { get: (known, key) => Reflect.get(known, key) ?? binding }),
  )
}

const PAGES = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)

/** The first whole file of an owner in a page. */
function configIn(page: string): string | undefined {
  const blocks = readmeBlocks('ts', readFileSync(page, 'utf8'))
  return blocks.find((block) => block.includes('export default defineGateway'))
}

/** Where each command of README.md is run, so that a change of either is noticed. */
const RUN_BY: Record<string, string> = {
  'npm ci && npm start': 'test/e2e/start.test.ts',
  'curl -i localhost:8787/api/claims': 'test/e2e/start.test.ts',
  'curl -i localhost:8787/api/claims -H "Authorization: Bearer $(npm run -s token)"':
    'test/e2e/start.test.ts',
  'curl -s localhost:8787/hello -H "Authorization: Bearer $(npm run -s token)"':
    'test/e2e/start.test.ts',
  'cp .dev.vars.example .dev.vars': 'test/shipped/newcomer.test.ts',
  'npm run check': 'test/shipped/newcomer.test.ts',
  'npm run types': 'test/shipped/newcomer.test.ts',
  'npx wrangler deploy --dry-run --env staging': 'test/shipped/newcomer.test.ts',
  'npx wrangler deploy': '`wrangler deploy --dry-run` in npm run check',
  'npx wrangler secret put ISSUER': 'needs an account',
  'npx wrangler secret put CLIENT_ID': 'needs an account',
  'npx wrangler deploy -c src/state/wrangler.toml': '`wrangler deploy --dry-run` in npm run check',
  'npx wrangler deploy -c src/issuer/wrangler.toml': '`wrangler deploy --dry-run` in npm run check',
}

/** Groups of commands that one test runs, or that need an account. */
const RUN_BY_PATTERN: [RegExp, string][] = [
  [/^npx wrangler secret put \w+ -c src\/issuer\/wrangler.toml$/, 'needs an account'],
  [/^npm run issuer -- (user|client) add /, 'test/issuer/server.test.ts'],
]

describe('README.md', () => {
  it('shows configurations that have no problem', async () => {
    const complete = readmeBlocks('ts').filter((block) =>
      block.includes('export default defineGateway'),
    )
    expect(complete.length).toBeGreaterThan(0)
    for (const [index, block] of complete.entries()) {
      expect(checkConfig(await evaluate(block, `config-${index}`))).toEqual([])
    }
  })

  it('names every preset, and each has a page whose configuration has no problem', async () => {
    const pages = readdirSync('docs/providers').filter((name) => name.endsWith('.md'))
    for (const page of pages) {
      const [block = ''] = readmeBlocks('ts', readFileSync(`docs/providers/${page}`, 'utf8'))
      expect(checkConfig(await evaluate(block, page)), page).toEqual([])
      expect(README).toContain(`docs/providers/${page}`)
    }
    const presets = readdirSync('src/auth/presets').map((name) => name.replace('.ts', ''))
    const others = ['common', 'provider', 'slips', 'urls', 'oidc', 'fusionauth', 'google-iap']
    const names = pages.map((name) => name.replace('.md', ''))
    expect(new Set([...others, ...names])).toEqual(new Set(presets))
  })

  it('lists every error code with its status, and no other', () => {
    const rows = README.matchAll(/^\| (\d{3}) \| (.+?) \|/gm)
    const listed = [...rows].flatMap(([, status, codes = '']) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => `${status} ${code}`),
    )
    const known = Object.entries(ERROR_CODES).map(([code, [status]]) => `${status} ${code}`)
    expect(listed.sort()).toEqual(known.sort())
  })

  it('has no command that nothing runs', () => {
    const commands = readmeBlocks('sh').flatMap((block) => block.trim().split('\n'))
    const isRun = (command: string) =>
      command in RUN_BY || RUN_BY_PATTERN.some(([pattern]) => pattern.test(command))
    expect(commands.filter((command) => !isRun(command))).toEqual([])
  })

  it.each(PAGES.filter((page) => configIn(page)))('shows a sound one in %s too', async (page) => {
    const file = page.replaceAll(/\W/g, '-')
    expect(checkConfig(await evaluate(configIn(page) ?? '', file))).toEqual([])
  })

  it.each(['README.md', ...PAGES])('links to files that exist: %s', (document) => {
    const text = readFileSync(document, 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path)
    expect(links.filter((path) => !existsSync(join(dirname(document), path)))).toEqual([])
  })

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }
    const named = [...README.matchAll(/`(?:\w+=\S+ )?npm (?:run (?:-s )?)?([a-z-]+)/g)]
    const unknown = named.map(([, name = '']) => name).filter((name) => !(name in scripts))
    expect(unknown.filter((name) => name !== 'ci')).toEqual([])
  })

  it('explains how to use it before how it works inside', () => {
    const headings = [...README.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings.slice(0, 3)).toEqual(['Try it', 'Make it yours', 'Go live'])
    expect(README).not.toMatch(/isolate's memory|behind the response|jwks:/)
  })

  it.each([
    'a method that the best pattern lacks',
    'looks elsewhere',
    'to the letter',
    'folds it into',
    'what is only between the gateway',
    'beyond, the refresh comes first',
    'where there is no verdict here',
    'is let in without',
  ])('has none of the sentences that lost a reader: %s', (words) => {
    expect(README).not.toContain(words)
  })
})
