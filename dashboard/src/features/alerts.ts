/** Surge alerts: the list, what people found out, and how the detector did in its exam. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'
import { orNull } from './served-forecast'
import type { DataTable } from './table'

export type { GradeView, PpvView, SurgeAlert } from '../api'
export type Grain = 'week' | 'month'
export type Disposition = 'investigated' | 'real' | 'noise'
export const DISPOSITIONS: readonly Disposition[] = ['investigated', 'real', 'noise']

export function useAlerts(grain: () => Grain) {
  const { page, items: alerts, state } = useListPanel({
    key: () => ['analytics', 'alerts', grain()], query: () => api.surgeAlerts(grain()), staleTime: 30_000,
  })
  return { page, alerts, state }
}

export function useDispose() {
  return useChange(
    ({ id, disposition, why }: { id: string; disposition: Disposition; why: string }) => api.dispose(id, disposition, why),
    [['analytics', 'alerts'], ['analytics', 'dispositions']])
}

export function useDispositions(id: string) {
  const query = useQuery({ key: ['analytics', 'dispositions', id], query: () => api.dispositions(id) })
  return computed(() => query.data.value?.items ?? [])
}

export function useGrade() {
  const { data, state } = usePanel(
    { key: ['analytics', 'grade'], query: () => orNull(api.surgeGrade()), staleTime: 60_000 }, (grade) => grade.conditions.length === 0)
  return { grade: computed(() => data.value ?? undefined), isUnpublished: computed(() => data.value === null), state }
}

export function alertsTable(alerts: readonly api.SurgeAlert[]): DataTable {
  const t = english.alerts
  return {
    columns: [t.period, 'rank', t.condition, t.count, 'estimate', 'complete_share', t.expected, 'p_exceed', 'q_value', t.level, 'kind', t.found, t.why],
    rows: alerts.map((row) => [
      row.period, row.rank, row.condition, row.count, row.estimate, row.complete_share, row.expected, row.p_exceed, row.q_value, row.level, row.kind,
      row.disposition?.disposition ?? null, row.disposition?.why ?? null,
    ]),
  }
}

export function gradeTable(rows: readonly api.GradeView[]): DataTable {
  const t = english.alerts
  return {
    columns: [t.condition, 'size_sd', 'cases', 'pod', t.days, t.fpr],
    rows: rows.flatMap((row) =>
      row.sizes.map((size) => [row.series_id, size.size, size.cases, size.pod, size.days_to_detect, row.fpr])),
  }
}
