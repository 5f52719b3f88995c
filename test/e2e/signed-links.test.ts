// The recipes of docs/signed-links.md, each run out of the page by its own interpreter.

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import type { LinkFormat } from '../../src/auth/link/token.ts'
import { KEY } from '../support/links.ts'
import { readmeBlocks } from '../support/readme.ts'
import { createGateway } from '../support/watched-gateway.ts'

const PAGE = readFileSync('docs/signed-links.md', 'utf8')
const FILE = '/files/two%20words%20%C3%A9.pdf?x=1'

/** How a block of a language is run, and whether it can be here. */
const INTERPRETERS: Record<string, readonly [command: string, ...args: string[]]> = {
  php: ['php'],
  python: ['python3', '-'],
  js: [process.execPath, '--input-type=module', '-'],
}

const RECIPES: readonly (readonly [language: string, block: number, LinkFormat, path: string])[] = [
  ['php', 0, 'gatehouse', FILE],
  ['python', 0, 'gatehouse', FILE],
  ['js', 0, 'gatehouse', FILE],
  ['python', 1, 'cloudflare', '/files/a.pdf?x=1'],
]

async function originOf(
  link: string,
  format: LinkFormat,
): Promise<readonly [number, string?, (string | undefined)?]> {
  let arrived: Request | undefined
  const gateway = createGateway(
    {
      schemes: { links: signedLinks({ keys: [KEY], ttlSeconds: 600, format }) },
      routes: [{ path: '/*', to: 'https://origin.test' }],
    },
    {
      log: () => {},
      fetch: async (request) => {
        arrived = request
        return new Response()
      },
    },
  )
  const { status } = await gateway.fetch(new Request(link), { waitUntil: () => {} })
  if (!arrived) return [status]
  return [status, arrived.url, arrived.headers.get('x-auth-subject') ?? undefined]
}

describe('a link that a recipe of the page makes', () => {
  for (const [language, index, format, path] of RECIPES) {
    const [command = '', ...args] = INTERPRETERS[language] ?? []
    const isHere = spawnSync(command, ['--version']).status === 0
    const name = `is let in: ${language}, ${format}`
    if (!isHere) {
      it.skip(`${name} (skipped: ${command} is not installed)`)
      continue
    }
    it(name, async () => {
      const input = readmeBlocks(language, PAGE)[index] ?? ''
      const env = { ...process.env, LINK_KEY: KEY }
      const link = execFileSync(command, args, { input, env, encoding: 'utf8' }).trim()
      const user = format === 'gatehouse' ? 'ada' : undefined
      expect(await originOf(link, format)).toEqual([200, `https://origin.test${path}`, user])
    })
  }

  it('is looked at for every recipe', () => {
    const blocks = Object.keys(INTERPRETERS).flatMap((language) => readmeBlocks(language, PAGE))
    expect(blocks).toHaveLength(RECIPES.length)
  })
})
