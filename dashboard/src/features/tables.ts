/** The five analyses as plain tables: the whole of what a panel shows, unrounded. */
import type { Associations, Demographics, HealthTrends, IllnessSurge, PatientVolume } from '../api/shapes'
import * as fmt from '../fmt'
import { text as english } from '../text/en/general'
import { text } from '../text/general'
import type { DataTable } from './table'

type Column = Exclude<keyof typeof english.table, 'cells'>

/** The columns for a file and for this page; some tables have more of them, which need no words. */
function columns(names: readonly Column[], more: readonly string[] = [], moreShown = more): Pick<DataTable, 'columns' | 'shown'> {
  return {
    columns: [...names.map((name) => english.table[name]), ...more], shown: [...names.map((name) => text.table[name]), ...moreShown],
  }
}

export function volumeTable(data: PatientVolume): DataTable {
  return {
    ...columns(['month', 'actual', 'mean', 'lo80', 'hi80', 'lo95', 'hi95']),
    rows: [
      ...data.history.map((row) => [row.month, row.count, null, null, null, null, null]),
      ...data.forecast.map((row) => [row.month, null, row.mean, row.lo80, row.hi80, row.lo95, row.hi95]),
    ],
  }
}

export function surgeTable(data: IllnessSurge): DataTable {
  return {
    ...columns(['condition', 'week', 'weekStart', 'cases', 'expected', 'upper', 'level']),
    rows: data.conditions.flatMap((condition) =>
      condition.weeks.map((week) =>
        [condition.condition, week.week, week.week_start_date, week.count, week.expected, week.upper, week.level])),
  }
}

export function ranksTable(data: HealthTrends): DataTable {
  return {
    ...columns(['week', 'rank', 'condition', 'cases', 'share', 'low', 'high', 'before']),
    rows: data.weeks.flatMap((week) =>
      week.conditions.map((row) =>
        [week.week, row.rank, row.condition, row.count, row.share, row.share_low, row.share_high, row.previous_rank])),
  }
}

export function trendingTable(data: HealthTrends): DataTable {
  return {
    ...columns(['condition', 'recent', 'before', 'ratio', 'low', 'high', 'direction']),
    rows: data.trending.map((row) =>
      [row.condition, row.recent_count, row.previous_count, row.ratio, row.ratio_low, row.ratio_high, row.direction]),
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export function seasonTable(data: HealthTrends): DataTable {
  return {
    ...columns(['condition', 'peak', 'strengthSeason'], MONTHS, MONTHS.map((_, month) => fmt.shortMonth(month + 1))),
    rows: data.seasonality.map((row) => [row.condition, row.peak_month, row.strength, ...row.monthly_index]),
  }
}

export function demographicsTable(data: Demographics): DataTable {
  return {
    ...columns(['band', 'all', 'female', 'male', 'other', 'share', 'low', 'high']),
    rows: data.age_bands.map((row) =>
      [row.band, row.count, row.female_count, row.male_count, row.other_count, row.share, row.share_low, row.share_high]),
  }
}

export function associationsTable(data: Associations): DataTable {
  return {
    ...columns(['group', 'condition', 'v', 'low', 'high', 'strength', 'chi2', 'dof', 'p', 'pAdjusted', 'n', 'note']),
    rows: data.tests.map((row) =>
      [row.factor, row.condition, row.cramers_v, row.v_low, row.v_high, row.strength, row.chi2, row.dof, row.p_value,
        row.p_adjusted, row.n, row.note]),
  }
}
