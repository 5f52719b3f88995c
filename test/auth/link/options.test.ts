import { describe, expect, it } from 'vitest'
import type { LinkOptions } from '../../../src/auth/link/options.ts'
import { signedLinks } from '../../../src/auth/link/signed-links.ts'
import { KEY } from '../../support/links.ts'

function problemsOf(options: object): readonly string[] {
  const problems: string[] = []
  const report = (path: string, text: string) => void problems.push(`${path}: ${text}`)
  signedLinks(options as LinkOptions).check('schemes.links', { report })
  return problems
}

// What each mistake is told stands in test/config/mistakes/links.ts.
describe('the options of signed links', () => {
  it('have no problem where they are right', () => {
    expect(problemsOf({ keys: [KEY], ttlSeconds: 600 })).toEqual([])
    const more = { prefix: { methods: ['GET'] }, bind: { address: true, cookie: 'c', user: true } }
    const keys = { 'a.test': [KEY] }
    expect(problemsOf({ keys, expires: { maxSeconds: 60 }, ...more })).toEqual([])
  })

  it('have one for a key that is too short, with its length and nothing else of it', () => {
    const [problem = '', ...others] = problemsOf({ keys: [KEY.slice(1)], ttlSeconds: 600 })
    expect(others).toEqual([])
    expect(problem).toContain('schemes.links.keys[0]: has 31 bytes')
    expect(problem).not.toContain(KEY.slice(1, 6))
  })
})
