// The workflows of GitHub Actions: what they run is fixed, and what they may is little.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const FOLDER = '.github/workflows'
const files = readdirSync(FOLDER).map((name) => [name, readFileSync(`${FOLDER}/${name}`, 'utf8')])

describe.each(files)('%s', (_name, text = '') => {
  it('names each action by its commit', () => {
    const actions = [...text.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action)
    expect(actions.length).toBeGreaterThan(0)
    expect(actions.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([])
  })

  it('may read the code and nothing else', () => {
    expect(text.match(/^permissions:\n(?: {2}.*\n)*/m)?.[0]).toBe(
      'permissions:\n  contents: read\n',
    )
    expect(text.match(/permissions:/g)).toHaveLength(1)
  })

  it('runs the script that decides everywhere', () => {
    expect(text).toMatch(/^ {6}- run: bash \.ci\/run$/m)
  })
})
