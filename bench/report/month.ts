// placeholder
import type { Row } from '../rows/row.ts'
export function costOfAMonth(rows: Row[]): string {
  return String(rows.length)
}
