/**
 * A receipt's provenance as lines that a person can read.
 * Belongs here: flattening and naming. Does not belong here: the dialog. The server may add steps: none is dropped.
 */
import * as fmt from '../fmt'
import { details } from '../text/details'

export interface ReceiptLine {
  path: string
  name: string
  /** Null for a heading of the lines below it. */
  value: string | null
  isCode: boolean
  depth: number
}

/** `data_sha256` -> «Data SHA-256»; other names lose their underscores. */
function name(key: string): string {
  const plain = key.replaceAll('_', ' ').replace(/\bsha256\b/, 'SHA-256').replace(/\bid\b/, 'number').replace(/\bat$/, '').trim()
  return fmt.sentence(plain)
}

function write(value: unknown): string {
  if (value === null || value === undefined || value === '') return fmt.MISSING
  if (typeof value === 'number') return Number.isInteger(value) ? fmt.count(value) : fmt.decimal(value, 3)
  if (typeof value === 'boolean') return value ? details.receipt.yes : details.receipt.no
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^\d{4}-\d\d-\d\dT/.test(value) ? fmt.moment(value) : value
}

const looksLikeCode = (text: string) => /^[0-9a-f-]{12,}$/i.test(text)

/** From the number back to the rows: what made it, by which code, from which data, checked how. Others follow as they come. */
const WAY = [
  'asset', 'function', 'model_name', 'model_version', 'level', 'score', 'dagster_run_id', 'mlflow_run_id', 'code_commit', 'data_sha256',
  'row_count', 'first_registered_at', 'last_registered_at', 'sources', 'validation_run_ids',
]
const place = (key: string) => (WAY.includes(key) ? WAY.indexOf(key) : WAY.length)

/** How many entries of a list are written out; the rest is counted. */
const LISTED = 6

function writeList(items: readonly unknown[]): string {
  if (items.length === 0) return fmt.MISSING
  const shown = items.slice(0, LISTED).map(write).join(', ')
  return items.length > LISTED ? details.receipt.more(shown, items.length - LISTED) : shown
}

/** Where a step of the way is seen in Dagster or MLflow; nowhere where they are not open to the reader. */
export function hrefOf(line: ReceiptLine, places: { dagster: string | undefined; mlflow: string | undefined }): string | undefined {
  const step = line.path.split('.').at(-1)
  if (line.value === null || line.value === fmt.MISSING) return undefined
  if (step === 'dagster_run_id') return places.dagster && `${places.dagster}/runs/${line.value}`
  if (step === 'asset') return places.dagster && `${places.dagster}/assets/${line.value}`
  if (step === 'model_version') return places.mlflow && `${places.mlflow}/#/models/medisync-risk/versions/${line.value}`
  return undefined
}

export function receiptLines(provenance: Record<string, unknown>, parent = '', depth = 0): ReceiptLine[] {
  const ordered = Object.entries(provenance).sort(([a], [b]) => place(a) - place(b))
  return ordered.flatMap(([key, value]): ReceiptLine[] => {
    const path = parent ? `${parent}.${key}` : key
    if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
      return [{ path, name: name(key), value: writeList(value), isCode: false, depth }]
    }
    if (typeof value === 'object' && value !== null && depth < 3) {
      const below = receiptLines(value as Record<string, unknown>, path, depth + 1)
      return [{ path, name: name(key), value: null, isCode: false, depth }, ...below]
    }
    const text = write(value)
    return [{ path, name: name(key), value: text, isCode: looksLikeCode(text), depth }]
  })
}
