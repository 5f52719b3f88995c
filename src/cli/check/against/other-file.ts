/** Another version of the owner's file: of a commit, or of a file on this machine. */

import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NOTES } from '../../running.ts'
import { FILE, importFile } from '../file.ts'

/** The text of the file that `reference` names. Throws a TypeError where there is none. */
export async function readOther(reference: string): Promise<string> {
  if (existsSync(reference)) return readFileSync(reference, 'utf8')
  return new Promise((resolve, reject) => {
    // What begins with a dash would be an option of git.
    execFile('git', ['show', '--end-of-options', `${reference}:./${FILE}`], (error, out, err) => {
      if (!error) return resolve(out)
      const said = err.trim().split('\n')[0] ?? ''
      reject(new TypeError(`--against must name a commit or branch of git, or a file: ${said}`))
    })
  })
}

/** The default export of a text, evaluated as if it stood in src/gateway.config.ts. */
export async function importText(text: string): ReturnType<typeof importFile> {
  // Below this folder, so that packages are found.
  const parent = dirname(resolve(NOTES))
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'against-'))
  try {
    const source = pathToFileURL(dirname(resolve(FILE))).href
    const file = join(folder, 'gateway.config.ts')
    await writeFile(
      file,
      text.replaceAll(/(\bfrom\s*|\bimport\s*\(?\s*)(['"])\.\//g, `$1$2${source}/`),
    )
    return await importFile(pathToFileURL(file).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Whatever stands in quotes in one of the texts and not in the other, and all numbers of both. */
export function differences(before: string, after: string) {
  const wordsOf = (text: string) =>
    new Set([...text.matchAll(/(['"`])((?:(?!\1)[^\\\n])*)\1/g)].map(([, , word = '']) => word))
  const numbersOf = (text: string) =>
    [...text.matchAll(/\b\d[\d_]*\b/g)].map(([digits]) => Number(digits.replaceAll('_', '')))
  const numbers = new Set([...numbersOf(before), ...numbersOf(after)])
  const [then, now] = [wordsOf(before), wordsOf(after)]
  const words = [...then, ...now].filter((word) => then.has(word) !== now.has(word))
  return { words: new Set(words), numbers }
}
