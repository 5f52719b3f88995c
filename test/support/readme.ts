// The code blocks of README.md, so that tests can hold it to its word.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** The text of every block in this language, in order. Default: those of README.md. */
export function readmeBlocks(language: string, document = README): string[] {
  const found = document.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))
  return [...found].map(([, text = '']) => text)
}
