// The code blocks of README.md, so that tests can hold it to its word.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** What a newcomer reads, in this order. */
export const GUIDE = ['README.md', 'docs/getting-started.md', 'docs/production.md']
  .map((page) => readFileSync(join(import.meta.dirname, '../..', page), 'utf8'))
  .join('\n')

/** The text of every block in this language, in order. Default: those of README.md. */
export function readmeBlocks(language: string, document = README): string[] {
  const found = document.matchAll(new RegExp(`^( *)\`\`\`${language}\\n(.*?)^\\1\`\`\``, 'gms'))
  return [...found].map(([, indent = '', text = '']) =>
    text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}
