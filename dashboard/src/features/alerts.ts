/** Surge alerts: the list, what people found out, and how the detector did in its exam. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { panelState } from './panel'
import { problemWords } from './problem-words'
import { orNull } from './served-forecast'
import type { DataTable } from './table'

export type { GradeView, PpvView, SurgeAlert } from '../api'
export type Grain = 'week' | 'month'
export type Disposition = 'investigated' | 'real' | 'noise'
export const DISPOSITIONS: readonly Disposition[] = ['investigated', 'real', 'noise']

export function useAlerts(grain: () => Grain) {
  const query = useQuery({ key: () => ['analytics', 'alerts', grain()], query: () => api.surgeAlerts(grain()), staleTime: 30_000 })
  const alerts = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: alerts.value, error: query.error.value, isEmpty: alerts.value?.length === 0 }))
  return { page: query.data, alerts, state, retry: () => query.refetch() }
}

export function useDispose() {
  const cache = useQueryCache()
  const { mutateAsync, error, isLoading } = useMutation({
    mutation: ({ id, disposition, why }: { id: string; disposition: Disposition; why: string }) => api.dispose(id, disposition, why),
    onSettled: () => cache.invalidateQueries({ key: ['analytics', 'alerts'] }),
  })
  return { dispose: mutateAsync, isSaving: isLoading, problem: computed(() => (error.value ? problemWords(error.value) : '')) }
}

export function useDispositions(id: string) {
  const query = useQuery({ key: ['analytics', 'dispositions', id], query: () => api.dispositions(id) })
  return computed(() => query.data.value?.items ?? [])
}

export function useGrade() {
  const query = useQuery({ key: ['analytics', 'grade'], query: () => orNull(api.surgeGrade()), staleTime: 60_000 })
  const grade = computed(() => query.data.value ?? undefined)
  const state = computed(() =>
    panelState({ data: query.data.value, error: query.error.value, isEmpty: grade.value?.conditions.length === 0 }))
  return { grade, state, retry: () => query.refetch() }
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
