/** The shipped wrangler.toml, before and after its owner has followed the sentence above STATE. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const CHECKOUT = join(import.meta.dirname, '../..')
const COMMENTED = /^# (?=(\[\[services\]\]\n# )?(binding = "STATE"|service = |entrypoint = ))/gm

/** The text of a configuration of the checkout, as it stands. */
export function shipped(config: string): string {
  return readFileSync(join(CHECKOUT, config), 'utf8')
}

/** The same with the lines of STATE uncommented. */
export function withState(toml: string): string {
  return toml.replaceAll(COMMENTED, '')
}
