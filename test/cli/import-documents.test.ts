// `npm run import` on whole documents: those of a package, made-up ones, and, where OPENAPI_DIRECTORY names a folder,
// those in it. Of each that is imported, every operation answers as its `security` says; the others are refused with
// a place for each reason.

import { globSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { importDocument } from '../../src/cli/import/command.ts'
import { ImportError } from '../../src/cli/import/document.ts'
import { ORIGIN } from '../support/gateway.ts'
import { documents } from './import/arbitrary.ts'
import { judge, operationsOf } from './import/judge.ts'
import { runImported } from './import/world.ts'

type Json = Record<string, unknown>

/** A pointer to where it stands, or the whole of the document. */
const PLACED = /^(?:\/|the document \(line \d+\): |no operation is left)/
/** Of the largest ones; each operation is asked several times. */
const MAX_OPERATIONS = 150

const EXAMPLES = globSync('node_modules/@readme/oas-examples/3.*/json/**/*.json').toSorted()
const FOLDER = process.env.OPENAPI_DIRECTORY
const DIRECTORY = FOLDER === undefined ? [] : globSync(`${FOLDER}/**/*.json`).toSorted()

async function judged(text: string): Promise<'imported' | readonly string[]> {
  let imported: string
  try {
    imported = importDocument(text, {
      file: 'openapi.yaml',
      to: ORIGIN,
      basePath: undefined,
      without: [],
    }).text
  } catch (error) {
    if (!(error instanceof ImportError)) throw error
    expect(error.problems.filter((problem) => !PLACED.test(problem))).toEqual([])
    return error.problems
  }
  const document = parse(text) as Json
  const world = await runImported(imported)
  expect(world.problems).toEqual([])
  const operations = operationsOf(document)
  expect(operations.length).toBeGreaterThan(0)
  expect(await judge(document, world, operations.slice(0, MAX_OPERATIONS))).toEqual([])
  return 'imported'
}

describe('examples of OpenAPI', () => {
  it('are imported, or refused with a place', async () => {
    const outcomes = []
    for (const file of EXAMPLES) outcomes.push(await judged(readFileSync(file, 'utf8')))
    expect(EXAMPLES.length).toBeGreaterThan(60)
    expect(outcomes.filter((outcome) => outcome === 'imported').length).toBeGreaterThan(30)
  })
})

describe('made-up documents', () => {
  it('are imported and answer as their security says, or are refused with a place', async () => {
    let imported = 0
    await fc.assert(
      fc.asyncProperty(documents, async (document) => {
        if ((await judged(JSON.stringify(document, null, 2))) === 'imported') imported++
      }),
      { numRuns: 500 },
    )
    expect(imported).toBeGreaterThan(100)
  })
})

// 2,700 documents of the APIs-guru directory are in the package openapi-directory, which has 413 MB: not installed here.
if (DIRECTORY.length === 0) {
  process.stdout.write(
    'OPENAPI_DIRECTORY names no folder, so that no documents of the directory are judged\n',
  )
}

describe.skipIf(DIRECTORY.length === 0)('documents of OPENAPI_DIRECTORY', () => {
  it('are imported, or refused with a place', async () => {
    const outcomes = new Map<string, number>()
    const failed: string[] = []
    for (const file of DIRECTORY) {
      const text = readFileSync(file, 'utf8')
      if (text.length > 400_000 || !/"openapi":\s*"3/.test(text)) continue
      const outcome = await judged(text).catch((error: Error) => {
        failed.push(`${file}: ${error.message.slice(0, 600)}`)
        return ['failed: ']
      })
      const reasons = outcome === 'imported' ? [outcome] : new Set(outcome.map(reasonOf))
      for (const reason of reasons) outcomes.set(reason, (outcomes.get(reason) ?? 0) + 1)
    }
    process.stdout.write(
      `${JSON.stringify(
        [...outcomes].toSorted(([, a], [, b]) => b - a),
        null,
        1,
      )}\n`,
    )
    expect(failed).toEqual([])
    expect(outcomes.get('imported')).toBeGreaterThan(100)
  })
})

function reasonOf(problem: string): string {
  return problem
    .replace(/^.*?(?:\(line \d+\))?: /, '')
    .replace(/\(.*?\)|routes\[\d+\]/g, '…')
    .slice(0, 60)
}
