/** How the forecast rule did on each series from earlier origins, beside seasonal naive. */
import { computed } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { usePanel } from './panel'
import { orNull } from './served-forecast'
import type { DataTable } from './table'

type Board = Awaited<ReturnType<typeof api.forecasts>>
export type Backtest = Pick<Board['series'][number], 'series_id' | 'model' | 'refused' | 'record'>

/** All registrations by month, week and day, then the least skilful: what deserves a look. */
export function backtestsOf(board: Board): Backtest[] {
  const weeks = board.grains?.weekly_source
  const days = board.grains?.daily_source
  const all = board.series.filter((one) => one.series_id === 'all')
  const others = board.series.filter((one) => one.series_id !== 'all')
  return [
    ...all,
    ...(weeks ? [{ series_id: 'all_weeks', ...weeks }] : []),
    ...(days ? [{ series_id: 'all_days', ...days }] : []),
    ...others.sort((a, b) => (a.record?.skill ?? -9) - (b.record?.skill ?? -9)),
  ]
}

export function useBacktests() {
  const { data, state } = usePanel(
    { key: ['analytics', 'backtests'], query: () => orNull(api.forecasts()), staleTime: 60_000 }, (board) => backtestsOf(board).length === 0)
  const board = computed(() => data.value ?? undefined)
  const series = computed(() => board.value && backtestsOf(board.value))
  return { board, series, state }
}

export function backtestsTable(series: readonly Backtest[]): DataTable {
  const t = english.backtests
  return {
    columns: [t.series, t.model, t.periods, t.mae, t.naive, t.mase, t.skill, t.coverage80, t.coverage95, t.refused],
    rows: series.map(({ series_id, model, refused, record }) => [
      series_id, model, record?.periods ?? null, record?.mae ?? null, record?.naive_mae ?? null, record?.mase ?? null, record?.skill ?? null,
      record?.coverage80 ?? null, record?.coverage95 ?? null, refused,
    ]),
  }
}
