// docs/errors.md has every code, with its status and its title, and the anchor that a problem's type leads to.

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { problemDocument } from '../../src/edge/problem.ts'
import { ERROR_CODES, type ErrorCode, GatewayError } from '../../src/errors.ts'
import { anchorsOf } from './pages.ts'

const PAGE = readFileSync('docs/errors.md', 'utf8')
const ENTRY =
  /^### (\w+)\n\n\*\*(\d{3})\*\* (.+)\n\n\* \*\*Cause\*\*: (.+)\n\* \*\*Cure\*\*: (.+)$/gm
const entries = [...PAGE.matchAll(ENTRY)]

describe('docs/errors.md', () => {
  it('has every code of the table with its status and title, each with a cause and a cure, and no other', () => {
    const written = entries.map(([, code, status, title]) => `${status} ${code}: ${title}`)
    const known = Object.entries(ERROR_CODES).map(
      ([code, [status, title]]) => `${status} ${code}: ${title}`,
    )
    expect(new Set(written)).toEqual(new Set(known))
    expect(written.length).toBe(known.length)
  })

  it('has no heading for a code that is in another shape', () => {
    const headings = [...PAGE.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(entries.map(([, code]) => code))
  })

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('is where the type of %s leads', (code) => {
    const problem = (type?: string) => problemDocument(new GatewayError(code), 'id', type).type
    expect(problem()).toBe(`urn:gatehouse:error:${code}`)
    const page = new URL(problem('https://docs.acme.example/errors#{code}'))
    expect(anchorsOf('docs/errors.md')).toContain(page.hash.slice(1))
  })

  it('quotes reasons that the log can have', () => {
    const source = globSync('src/{auth,operate}/**/*.ts')
      .map((file) => readFileSync(file, 'utf8'))
      .join()
    const [, table = ''] = /^\| the log says .*\n\|.*\n((?:\|.*\n)+)/m.exec(PAGE) ?? []
    const quoted = [...table.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, reason = '']) => reason),
    )
    expect(quoted.length).toBeGreaterThan(10)
    // Names of claims, and what stands for the rest of a sentence, are not in the source as they are here.
    const fixed = (reason: string) => reason.replace(/^(?:aud|nbf|iat) |:? …$|,? ….*$/g, '')
    expect(quoted.filter((reason) => !source.includes(fixed(reason)))).toEqual([])
  })

  it('shows a problem document as it is sent', () => {
    const [, shown = ''] = /^```json\n(.*?)^```/ms.exec(PAGE) ?? []
    const id = '6e2c8c5e-1a3b-4a0e-9d8e-0c6f2f8e4b11'
    expect(JSON.parse(shown)).toEqual(problemDocument(new GatewayError('invalid_token'), id))
  })
})
