// What README.md says is true, and what it tells a newcomer to run is run somewhere. Its configuration, its links and
// the options of its commands are looked at with those of every page (test/docs/pages.test.ts).

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { README, readmeBlocks } from '../support/readme.ts'

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
  'npx wrangler deploy': '`wrangler deploy --dry-run` in npm run check',
  'npx wrangler secret put ISSUER': 'needs an account',
  'npx wrangler secret put CLIENT_ID': 'needs an account',
}

/** Pages that a reader has to find from here. */
const NEXT = [
  'docs/getting-started.md',
  'docs/how-it-works.md',
  'docs/README.md',
  'docs/providers/README.md',
  'docs/errors.md',
  'docs/reference.md',
  'docs/production.md',
]

describe('README.md', () => {
  it('has no command that nothing runs', () => {
    const commands = readmeBlocks('sh').flatMap((block) => block.trim().split('\n'))
    expect(commands.filter((command) => !(command in RUN_BY))).toEqual([])
  })

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }
    const named = [...README.matchAll(/`(?:\w+=\S+ )?npm (?:run (?:-s )?)?([a-z-]+)/g)]
    const unknown = named.map(([, name = '']) => name).filter((name) => !(name in scripts))
    expect(unknown.filter((name) => name !== 'ci')).toEqual([])
  })

  it.each(NEXT)('leads to %s', (page) => {
    expect(README).toContain(`](${page})`)
  })

  it('explains how to use it before how it works inside, and is short', () => {
    const headings = [...README.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings.slice(0, 4)).toEqual(['Try it', 'Make it yours', 'Your provider', 'Go live'])
    expect(README).not.toMatch(/isolate's memory|behind the response|jwks:/)
    // The figures that the benchmark writes are folded away, and are no text.
    const text = README.replace(/^<details>$.*?^<\/details>$/gms, '')
    expect(text.split('\n').length).toBeLessThan(140)
  })
})
