/** Keys as a table for a terminal. */

import { readStoredKey } from '../../auth/key/stored-key.ts'
import { parseObject } from '../../lib/strict-json.ts'

const HEAD = ['ID', 'OWNER', 'SCOPES', 'ROLES', 'CREATED', 'ROTATED', 'EXPIRES', 'OLD SECRET UNTIL']

/** Values by their names; `now` in Unix seconds. */
export function tableOf(values: ReadonlyMap<string, string>, now: number): string {
  return columns([HEAD, ...[...values].map(([name, value]) => rowOf(name, value, now))])
}

function rowOf(name: string, value: string, now: number): string[] {
  const key = readStoredKey(value, idIn(value))
  if (!key) return [name, 'is no key of this version, and is refused']
  const { id, owner, scopes, roles, created, rotated, expires, previous } = key
  const isExpired = expires !== undefined && expires <= now
  const overlaps = previous !== undefined && previous.until > now
  return [
    id,
    owner,
    scopes.join(' '),
    roles.join(','),
    dateOf(created),
    rotated === undefined ? '' : dateOf(rotated),
    expires === undefined ? 'never' : dateOf(expires) + (isExpired ? ' (expired)' : ''),
    overlaps ? dateOf(previous.until) : '',
  ]
}

function idIn(value: string): string {
  try {
    return String(parseObject(value).id)
  } catch {
    return ''
  }
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = (index: number) => Math.max(...rows.map((row) => (row[index] ?? '').length))
  const widths = HEAD.map((_, index) => width(index))
  const line = (row: readonly string[]) =>
    row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

/** As people and programs read it. */
export function dateOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
}
