/** People and beds that the forecast asks for, and the ratios behind them. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { office } from '../text/office'
import { panelState } from './panel'
import { problemWords } from './problem-words'
import type { DataTable } from './table'

export type { Needs, NewRatios, RatioTable } from '../api'
export type Grain = 'M' | 'W' | 'D'

export function useNeeds(grain: () => Grain) {
  const query = useQuery({ key: () => ['analytics', 'needs', grain()], query: () => api.staffingNeeds(grain()), staleTime: 60_000 })
  const needs = computed(() => query.data.value)
  const state = computed(() => panelState({ data: needs.value, error: query.error.value, isEmpty: needs.value?.items.length === 0 }))
  return { needs, state, retry: () => query.refetch() }
}

export function useRatios() {
  const query = useQuery({ key: ['analytics', 'ratios'], query: api.staffingRatios })
  const versions = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: versions.value, error: query.error.value }))
  return { versions, state, retry: () => query.refetch() }
}

export function useChangeRatios() {
  const cache = useQueryCache()
  const { mutateAsync, error, isLoading } = useMutation({
    mutation: ({ table, version }: { table: api.NewRatios; version: number }) => api.changeRatios(table, version),
    onSettled: () => Promise.all([
      cache.invalidateQueries({ key: ['analytics', 'ratios'] }), cache.invalidateQueries({ key: ['analytics', 'needs'] }),
    ]),
  })
  return { change: mutateAsync, isSaving: isLoading, problem: computed(() => (error.value ? problemWords(error.value) : '')) }
}

export const staffName = (role: string) => office.staffingPage.roles[role] ?? role.replaceAll('_', ' ')

export function needsTable(needs: api.Needs): DataTable {
  const roles = Object.keys(needs.items[0]?.staff ?? {})
  const t = english.staffingPage
  return {
    columns: [t.period, t.visits, ...roles.flatMap((role) => [role, `${role}_hi80`]), t.beds, 'beds_hi80'],
    rows: needs.items.map((row) => [
      row.period, row.mean, ...roles.flatMap((role) => [row.staff[role] ?? null, row.staff_hi80[role] ?? null]), row.beds, row.beds_hi80,
    ]),
  }
}
