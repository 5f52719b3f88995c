import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { promiseTable } from './promise-table.ts'
import { PROMISES } from './promises.ts'

const ROOT = new URL('../../', import.meta.url).href
const read = (path: string) => readFileSync(fileURLToPath(ROOT + path), 'utf8')

describe('the table of promises', () => {
  it('has each of them once, with a test or the part of the plan that brings one', () => {
    expect(PROMISES.map(({ id }) => id)).toEqual(Array.from({ length: 48 }, (_, i) => `P${i + 1}`))
    const empty = PROMISES.filter(({ mutations, later }) => mutations.length === 0 && !later)
    expect(empty).toEqual([])
  })

  it('takes guards out of lines that are there, once', () => {
    const stale = PROMISES.flatMap(({ mutations }) => mutations)
      .flatMap(({ edits }) => edits)
      .filter(({ file, find }) => read(file).split(find).length !== 2)
    expect(stale).toEqual([])
  })

  it('names tests that exist', () => {
    const missing = PROMISES.flatMap(({ mutations }) => mutations)
      .filter(({ test }) => !existsIn(test.file, test.name))
      .map(({ test }) => test)
    expect(missing).toEqual([])
  })

  it('is what README.md shows', () => {
    expect(read('test/conformance/README.md')).toBe(promiseTable())
  })
})

/** Names are put together from describe blocks, tables and texts: each word of one stands in its folder. */
function existsIn(file: string, name: string): boolean {
  const folder = file.replace(/[^/]+$/, '')
  const table = file.replace('.test.ts', '.ts')
  const texts = [file, table, `${folder}bad-keys.ts`].map((path) => {
    try {
      return read(path)
    } catch {
      return ''
    }
  })
  const text = texts.join('\n')
  return name.split(' ').every((word) => text.includes(word.replace(/,$/, '')) || /\d/.test(word))
}
