// docs/reference.md says what the declarations say, and they say enough.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PART_NAMES } from '../../src/config/route-parts.ts'
import { readDeclarations } from './declarations.ts'
import { REFERENCE, referencePage } from './reference.ts'

const declarations = readDeclarations()
const options = [...declarations.types.values()]
  .filter(({ name }) => /(?:Options|Config|Needs|RouteParts)$/.test(name))
  .flatMap(({ name: type, options }) => options.map((option) => ({ ...option, type })))

describe('docs/reference.md', () => {
  it('is what "npm run reference" writes', () => {
    expect(referencePage(declarations)).toBe(readFileSync(REFERENCE, 'utf8'))
  })

  it('has every preset, every part of a route, and what else has options of its own', () => {
    const makers = declarations.makers.map(({ name }) => name)
    expect(makers).toEqual(expect.arrayContaining(['oidc', 'keycloak', 'apiKeys', 'dpop', 'purge']))
    const parts = declarations.makers.filter(({ makes }) => makes.startsWith('RoutePart<'))
    expect(parts.length).toBeGreaterThanOrEqual(PART_NAMES.length)
  })
})

describe('the declarations', () => {
  it.each(declarations.makers)('say what $name does', ({ text }) => {
    expect(text).not.toBe('')
  })

  it('say what every option that may be left out is then, or when it is needed', () => {
    const silent = options
      .filter(({ isRequired, isOneOfSeveral }) => !isRequired && !isOneOfSeveral)
      .filter(({ text }) => !/\bDefault\b|\bNeeded\b/.test(text))
    expect(silent.map(({ type, name }) => `${type}.${name}`)).toEqual([])
  })
})
