// The examples are what examples/README.md says: whole, listed, and without a link that leads nowhere.

import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const FOLDERS = readdirSync('examples', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

describe('each example', () => {
  it.each(FOLDERS.filter((name) => name !== 'starter'))(
    'has a file, a page and a test: %s',
    (name) => {
      const files = ['gateway.config.ts', 'README.md', 'gateway.test.ts']
      expect(files.filter((file) => !existsSync(join('examples', name, file)))).toEqual([])
    },
  )

  it('is in the list', () => {
    const list = readFileSync('examples/README.md', 'utf8')
    expect(FOLDERS.filter((name) => !list.includes(`[${name}](${name})`))).toEqual([])
  })

  it('has links to files that exist', () => {
    const lost = globSync('examples/**/README.md', { exclude: ['**/node_modules'] }).flatMap(
      (page) =>
        [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
          .map(([, path = '']) => join(dirname(page), path))
          .filter((path) => !existsSync(path)),
    )
    expect(lost).toEqual([])
  })
})

describe('the starter', () => {
  it('has an entry of three lines, and no file but those that an owner reads', () => {
    const files = readdirSync('examples/starter', { recursive: true, encoding: 'utf8' })
    const own = files.filter((name) => !/^(?:node_modules|\.wrangler|src$)/.test(name))
    expect(new Set(own)).toEqual(
      new Set([
        '.gitignore',
        'package.json',
        'package-lock.json',
        'wrangler.toml',
        join('src', 'index.ts'),
        join('src', 'gateway.config.ts'),
        join('src', 'gateway.test.ts'),
      ]),
    )
    expect(readFileSync('examples/starter/src/index.ts', 'utf8').trim().split('\n')).toHaveLength(3)
  })
})
