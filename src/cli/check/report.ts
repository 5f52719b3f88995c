/** What a check has found, as lines of a terminal. */

import { styleText } from 'node:util'

export type Verdict = 'ok' | 'problem' | 'warning' | 'skipped'

export interface Finding {
  readonly verdict: Verdict
  readonly text: string
}

const COLORS = { ok: 'green', problem: 'red', warning: 'yellow', skipped: 'gray' } as const

/** Problems and warnings go to stderr, the rest to stdout. */
export function print({ verdict, text }: Finding): void {
  const isBad = verdict === 'problem' || verdict === 'warning'
  const stream = isBad ? process.stderr : process.stdout
  stream.write(`${styleText(COLORS[verdict], verdict.padEnd(7), { stream })}  ${text}\n`)
}

/** `3 problems`, `1 warning`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
