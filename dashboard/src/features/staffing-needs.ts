/** People and beds that the forecast asks for, and the ratios behind them. */
import { computed } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { office } from '../text/office'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'
import type { DataTable } from './table'

export type { Needs, NewRatios, RatioTable } from '../api'
export type Grain = 'M' | 'W' | 'D'

export function useNeeds(grain: () => Grain) {
  const { page: needs, state } = useListPanel({
    key: () => ['analytics', 'needs', grain()], query: () => api.staffingNeeds(grain()), staleTime: 60_000,
  })
  return { needs, state }
}

export function useRatios() {
  const { data, state } = usePanel({ key: ['analytics', 'ratios'], query: api.staffingRatios })
  return { versions: computed(() => data.value?.items), state }
}

export function useChangeRatios() {
  return useChange(
    ({ table, version }: { table: api.NewRatios; version: number }) => api.changeRatios(table, version),
    [['analytics', 'ratios'], ['analytics', 'needs']])
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
