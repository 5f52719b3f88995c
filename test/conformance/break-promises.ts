// Takes each guard out of a copy of the repository and sees its test fail. Writes README.md with
// --write. Never touches the repository's own source. Run: npm run promises [-- P12 P13] [-- --write]

import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { promiseTable } from './promise-table.ts'
import { type Edit, type Mutation, PROMISES, type TestName } from './promises.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url).href)
const COPIED = [
  'src',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'wrangler.toml',
  'worker-configuration.d.ts',
]
const run = promisify(execFile)

const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith('--'))

if (args.includes('--write')) {
  await writeFile(fileURLToPath(new URL('README.md', import.meta.url).href), promiseTable())
} else {
  const copy = await mkdtemp(join(tmpdir(), 'gatehouse-promises-'))
  try {
    process.exitCode = (await breakAll(copy)) ? 0 : 1
  } finally {
    await rm(copy, { recursive: true })
  }
}

/** Whether every guard that was taken out was missed by its test. */
async function breakAll(copy: string): Promise<boolean> {
  for (const path of COPIED) await cp(join(ROOT, path), join(copy, path), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  let isAllSeen = true
  for (const { id, mutations } of PROMISES) {
    if (wanted.length > 0 && !wanted.includes(id)) continue
    for (const mutation of mutations) {
      const outcome = await tryWithout(mutation, copy)
      if (outcome !== 'fails') isAllSeen = false
      console.log(`${id} without ${mutation.guard}: ${outcome}`)
    }
  }
  return isAllSeen
}

async function tryWithout({ edits, test }: Mutation, copy: string): Promise<string> {
  const originals = new Map<string, string>()
  try {
    for (const edit of edits) {
      const path = join(copy, edit.file)
      const text = await readFile(path, 'utf8')
      if (!originals.has(path)) originals.set(path, text)
      const changed = apply(edit, text)
      if (changed === undefined) return `STALE, ${edit.file} has no such line: ${edit.find}`
      await writeFile(path, changed)
    }
    return await outcomeOf(test, copy)
  } finally {
    for (const [path, text] of originals) await writeFile(path, text)
  }
}

function apply({ find, replace }: Edit, text: string): string | undefined {
  return text.split(find).length === 2 ? text.replace(find, () => replace) : undefined
}

/** A test that cannot be found, or a source that does not compile, is no test that fails. */
async function outcomeOf({ project, file, name }: TestName, copy: string): Promise<string> {
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const report = join(copy, 'report.json')
  const command = ['run', '--project', project, file, '-t', pattern]
  const binary = join(ROOT, 'node_modules/.bin/vitest')
  await run(binary, [...command, '--reporter=json', `--outputFile=${report}`], { cwd: copy }).catch(
    () => {},
  )
  const { numFailedTests, numPassedTests } = JSON.parse(await readFile(report, 'utf8')) as {
    numFailedTests: number
    numPassedTests: number
  }
  await rm(report)
  if (numFailedTests > 0) return 'fails'
  return numPassedTests > 0 ? 'STILL PASSES' : 'DID NOT RUN'
}
