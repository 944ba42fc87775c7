/** Data quality: the runs of the suites, and the rows that were parked. */
import { computed } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { useListPanel } from './panel'
import type { DataTable } from './table'

export type { QuarantinedRow, ValidationRun } from '../api'

export function useValidationRuns() {
  const { items: runs, state } = useListPanel({ key: ['validation-runs'], query: api.validationRuns })
  return { runs, state }
}

export function useQuarantine() {
  const { page, items: rows, state } = useListPanel({ key: ['quarantine'], query: api.quarantine })
  return { rows, hasMore: computed(() => Boolean(page.value?.next)), state }
}

/** How often each reason stands among rows, the most frequent first; a row may have several. */
export function reasonCounts(rows: readonly api.QuarantinedRow[]): [reason: string, count: number][] {
  const counts = new Map<string, number>()
  for (const reason of rows.flatMap((row) => row.reasons)) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
}

export function quarantineTable(rows: readonly api.QuarantinedRow[]): DataTable {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row.raw)))]
  return {
    columns: [english.quality.month, english.quality.status, english.quality.reasons, ...columns],
    rows: rows.map((row) => [row.month, row.status, row.reasons.join(' '), ...columns.map((name) => row.raw[name] ?? null)]),
  }
}

export function validationRunsTable(runs: readonly api.ValidationRun[]): DataTable {
  return {
    columns: [english.quality.month, english.quality.suite, english.quality.rows, english.quality.failed, english.quality.verdict, english.quality.ranAt],
    rows: runs.map((run) => [run.month, run.suite, run.row_count, run.failed_row_count, run.is_success ? 'passed' : 'failed', run.ran_at]),
  }
}

/** A registration's columns in the order of the contract; the database keeps none. */
const ORDER = [
  'registration_id', 'patient_id', 'facility', 'registered_at', 'recorded_at', 'age_years', 'sex', 'condition', 'condition_code',
  'acuity', 'comorbidity_count', 'systolic_bp', 'diastolic_bp', 'heart_rate', 'respiratory_rate', 'temperature_c', 'spo2_pct',
  'outcome', 'outcome_at',
]

/** What a parked row holds, without empty cells and without where it came from, which stands beside it. */
export function filledCells(row: api.QuarantinedRow): [name: string, value: string][] {
  return ORDER.flatMap((name): [string, string][] => {
    const value = row.raw[name]
    return value ? [[name, value]] : []
  })
}
