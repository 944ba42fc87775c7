/**
 * A panel's numbers as a plain table, for the eye and for CSV.
 * Belongs here: columns, rows, the writing of CSV. Does not belong here: what a panel's rows are.
 *
 * A file is the same in every language, points and English names included, so that what reads it need not know who saved it.
 */
export type Cell = string | number | null

export interface DataTable {
  columns: readonly string[]
  /** The columns as this page names them, where the table is also shown. */
  shown?: readonly string[]
  rows: readonly (readonly Cell[])[]
}

/** Quote what needs quoting; a text that a spreadsheet would run as a formula gets an apostrophe before it. */
function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** RFC 4180, with a byte order mark so that spreadsheets read it as UTF-8. */
export function toCsv(table: DataTable): string {
  const lines = [table.columns, ...table.rows].map((row) => row.map(csvCell).join(','))
  return `\ufeff${lines.join('\r\n')}\r\n`
}

/** Hand bytes to the person as a file. */
export function downloadFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = `medisync-${name}`
  link.click()
  URL.revokeObjectURL(address)
}

/** Hand a table to the person as a file. */
export function downloadCsv(table: DataTable, name: string): void {
  downloadFile(new Blob([toCsv(table)], { type: 'text/csv;charset=utf-8' }), `${name}.csv`)
}
