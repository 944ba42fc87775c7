/** The ledger of forecasts: what was promised, and what came. */
import { useQuery } from '@pinia/colada'
import { computed, ref } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { office } from '../text/office'
import { panelState, useListPanel } from './panel'
import { orNull } from './served-forecast'
import type { DataTable } from './table'

export type { PromiseKind, PromiseRow, PromiseStep, ScoreView } from '../api'
export type Kind = 'live' | 'replayed'

export function useLedger() {
  const query = useQuery({ key: ['analytics', 'promises'], query: () => orNull<api.Ledger, Kind>(api.promises()), staleTime: 60_000 })
  const chosen = ref<Kind>()
  /** Live ones as soon as one has come due, until then the replayed ones, which are named as such. */
  const kind = computed<Kind>({
    get: () => chosen.value ?? (query.data.value?.live.served.scored ? 'live' : 'replayed'),
    set: (value) => { chosen.value = value },
  })
  const ledger = computed(() => query.data.value ?? undefined)
  const shown = computed(() => ledger.value?.[kind.value])
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value, isEmpty: shown.value?.promised === 0, retry: () => query.refetch() }))
  /** Nothing at all was published yet. */
  const isUnpublished = computed(() => query.data.value === null)
  return { ledger, kind, shown, state, isUnpublished }
}

export function usePromiseRows(kind: () => Kind) {
  const { items: rows, state } = useListPanel({
    key: () => ['analytics', 'promise-rows', kind()], query: () => api.promiseRows(kind()), staleTime: 60_000,
  })
  return { rows, state }
}

/** The whole hospital's series has a name that people read. */
export const seriesName = (id: string) => (id === 'all' ? office.promises.all : id)

export function calendarTable(kind: api.PromiseKind, step: number): DataTable {
  return {
    columns: [english.promises.condition, ...kind.months], shown: [office.promises.condition, ...kind.months],
    rows: kind.calendar.filter((row) => row.step === step).map((row) => [row.series_id, ...row.states]),
  }
}

const SCORES = ['scored', 'coverage80', 'coverage95', 'wis', 'mase', 'skill'] as const
const t = english.promises
const SCORE_COLUMNS = [t.scored, t.cov80, t.cov95, t.wis, t.mase, t.skill]
const cells = (score: api.ScoreView) => SCORES.map((name) => score[name])

export function horizonTable(kind: api.PromiseKind): DataTable {
  return { columns: [t.ahead, ...SCORE_COLUMNS], rows: kind.steps.map((row) => [row.step, ...cells(row.score)]) }
}

export function seriesTable(kind: api.PromiseKind): DataTable {
  return {
    columns: [t.condition, t.model, ...SCORE_COLUMNS],
    rows: kind.series.map((row) => [row.series_id, row.model, ...cells(row.score)]),
  }
}

export function promisesTable(rows: readonly api.PromiseStep[]): DataTable {
  const names = [
    'forecast_id', 'kind', 'role', 'series_id', 'as_of_month', 'month', 'step', 'mean', 'lo80', 'hi80', 'lo95', 'hi95', 'actual',
    'state', 'model', 'made_at', 'dagster_run_id', 'code_commit', 'data_sha256',
  ] as const
  return { columns: names, rows: rows.map((row) => names.map((name) => row[name])) }
}
