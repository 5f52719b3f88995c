// The pages that a reader of the project sees, what stands in their blocks, and where their links may lead.

import { globSync, readFileSync } from 'node:fs'
import { readmeBlocks } from '../support/readme.ts'

/** Of the project as a whole; then one for each topic. */
export const PAGES = globSync([
  '*.md',
  'bench/README.md',
  'docs/**/*.md',
  'examples/*/README.md',
]).toSorted()

export function textOf(page: string): string {
  return readFileSync(page, 'utf8')
}

/** Every whole file of an owner in a page. */
export function configsIn(page: string): string[] {
  const blocks = readmeBlocks('ts', textOf(page))
  return blocks.filter((block) => block.includes('export default defineGateway'))
}

/** Every command of a page, in blocks and within sentences; without comments. */
export function commandsIn(page: string): string[] {
  const text = textOf(page)
  const lines = readmeBlocks('sh', text).flatMap((block) => block.trim().split('\n'))
  const inline = [...text.matchAll(/`((?:PORT=\d+ )?(?:npm|npx) [^`\n]+)`/g)].map(
    ([, line = '']) => line,
  )
  return [...lines, ...inline].map((line) => line.replace(/\s+#.*$/, '').trim())
}

/** What a shell would run of a line, one by one. */
export function callsIn(line: string): string[] {
  const within = [...line.matchAll(/\$\(([^)]*)\)/g)].map(([, inner = '']) => inner)
  const rest = line.replaceAll(/\$\([^)]*\)/g, 'x')
  return [...rest.split(/ (?:\||&&) /), ...within].map((call) => call.replace(/^[A-Z]+=\S+ /, ''))
}

/** The anchors that GitHub gives the headings of a page. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const text = textOf(page).replaceAll(/^ *```.*?^ *```/gms, '')
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const name = anchor(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
    const times = seen.get(name) ?? 0
    seen.set(name, times + 1)
    return times === 0 ? name : `${name}-${times}`
  })
  return new Set(anchors)
}

/** As GitHub makes one of a heading. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

/** Where the links of a page lead that stay within the project: a path from the page, and an anchor. */
export function linksIn(page: string): { path: string; hash: string }[] {
  const text = textOf(page).replaceAll(/^ *```.*?^ *```/gms, '')
  return [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(
    ([, path = '', hash = '']) => ({ path, hash }),
  )
}
