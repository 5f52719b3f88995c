/** The tables on the terminal and in the two READMEs. */

import type { Row } from '../rows/row.ts'

/** Columns aligned with spaces, for a terminal. */
export function textTable(rows: Row[]): string {
  const cells = rows.map((row) => [row.label, figure(row), verdict(row), row.context ?? ''])
  const widths = [0, 1, 2].map((column) =>
    Math.max(...cells.map((cell) => cell[column]?.length ?? 0)),
  )
  const lines: string[] = []
  rows.forEach((row, index) => {
    if (row.group !== rows[index - 1]?.group) lines.push('', row.group)
    const [label = '', value = '', goal = '', context = ''] = cells[index] ?? []
    const columns = [label, value, goal].map((text, column) => text.padEnd(widths[column] ?? 0))
    lines.push(`  ${columns.join('  ')}  ${context}`.trimEnd())
  })
  return lines.slice(1).join('\n')
}

/** The same as Markdown. */
export function markdownTable(rows: Row[]): string {
  const lines = rows.map(
    (row) =>
      `| ${row.group} | ${row.label} | ${figure(row)} | ${verdict(row)} | ${row.context ?? ''} |`,
  )
  return [
    '| part | row | median (95 % interval) | goal | context |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

/** What the picture shows, in Markdown. */
export function shortTable(rows: Row[]): string {
  const lines = rows
    .filter(({ unit }) => unit === '×')
    .map((row) => `| ${row.label} | ${figure(row)} |`)
  return ['| CPU per request | median (95 % interval) |', '|---|---|', ...lines].join('\n')
}

function figure({ value: { median, low, high }, unit }: Row): string {
  const text = unit === '' ? 'plain' : unit
  const format = (number: number) =>
    text === '×' ? number.toFixed(2) : number.toFixed(text === 'MiB' || text === 'KiB' ? 1 : 0)
  const suffix = text === '×' ? ' ×' : text === 'plain' ? '' : ` ${text}`
  const interval = low === high ? '' : ` (${format(low)}–${format(high)})`
  return `${format(median)}${suffix}${interval}`
}

function verdict({ goal }: Row): string {
  if (goal === undefined) return ''
  return `${goal.reached ? 'reached' : 'SHORT'}: ${goal.text}`
}
