// What README.md says is true: its configuration is sound, its codes are those of the table, and each of
// its commands is run somewhere.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config/prepare.ts'
import { ERROR_CODES } from '../../src/errors.ts'

const readme = readFileSync('README.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

function blocks(language: string, text = readme): string[] {
  const found = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))
  return [...found].map(([, block = '']) => block)
}

/** Evaluates a block as if it stood in src/gateway.config.ts. */
async function evaluate(block: string, name: string): Promise<unknown> {
  const file = join(folder, `${name}.ts`)
  const source = pathToFileURL('src/').href
  writeFileSync(file, block.replaceAll(/from '\.\//g, `from '${source}`))
  const { default: define } = (await import(pathToFileURL(file).href)) as {
    default: (env: Record<string, unknown>) => unknown
  }
  const binding = { fetch: () => Promise.resolve(new Response()) }
  const strings = { ISSUER: 'https://issuer.example', CLIENT_ID: 'my-api', CLIENT_SECRET: 's' }
  return define(
    new Proxy({ ...strings }, { get: (known, key) => Reflect.get(known, key) ?? binding }),
  )
}

/** Where each command of README.md is run, so that a change of either is noticed. */
const RUN_BY: Record<string, string> = {
  'npm ci && npm start': 'test/e2e/start.test.ts',
  'curl -i localhost:8787/api/claims': 'test/e2e/start.test.ts',
  'curl -i localhost:8787/api/claims -H "Authorization: Bearer $(npm run -s token)"':
    'test/e2e/start.test.ts',
  'curl -s localhost:8787/hello -H "Authorization: Bearer $(npm run -s token)"':
    'test/e2e/start.test.ts',
  'npm test': '.ci/run',
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
    const complete = blocks('ts').filter((block) => block.includes('export default defineGateway'))
    expect(complete.length).toBeGreaterThan(0)
    for (const [index, block] of complete.entries()) {
      expect(checkConfig(await evaluate(block, `config-${index}`))).toEqual([])
    }
  })

  it('names every preset, and each has a page whose configuration has no problem', async () => {
    const pages = readdirSync('docs/providers').filter((name) => name.endsWith('.md'))
    for (const page of pages) {
      const [block = ''] = blocks('ts', readFileSync(`docs/providers/${page}`, 'utf8'))
      expect(checkConfig(await evaluate(block, page)), page).toEqual([])
      expect(readme).toContain(`docs/providers/${page}`)
    }
    const presets = readdirSync('src/auth/presets').map((name) => name.replace('.ts', ''))
    const others = ['common', 'provider', 'slips', 'oidc', 'fusionauth', 'google-iap']
    const names = pages.map((name) => name.replace('.md', ''))
    expect(new Set([...others, ...names])).toEqual(new Set(presets))
  })

  it('lists every error code with its status, and no other', () => {
    const rows = readme.matchAll(/^\| (\d{3}) \| (.+?) \|/gm)
    const listed = [...rows].flatMap(([, status, codes = '']) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => `${status} ${code}`),
    )
    const known = Object.entries(ERROR_CODES).map(([code, [status]]) => `${status} ${code}`)
    expect(listed.sort()).toEqual(known.sort())
  })

  it('has no command that nothing runs', () => {
    const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))
    const isRun = (command: string) =>
      command in RUN_BY || RUN_BY_PATTERN.some(([pattern]) => pattern.test(command))
    expect(commands.filter((command) => !isRun(command))).toEqual([])
  })

  it('links to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path)
    for (const path of links) expect(() => readFileSync(path), path).not.toThrow()
  })
})
