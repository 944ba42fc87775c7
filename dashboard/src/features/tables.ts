/** The five analyses as plain tables: the whole of what a panel shows, unrounded. */
import type { Associations, Demographics, HealthTrends, IllnessSurge, PatientVolume } from '../api/shapes'
import { text } from '../text/en'
import type { DataTable } from './table'

const t = text.table

export function volumeTable(data: PatientVolume): DataTable {
  return {
    columns: [t.month, t.actual, t.mean, t.lo80, t.hi80, t.lo95, t.hi95],
    rows: [
      ...data.history.map((row) => [row.month, row.count, null, null, null, null, null]),
      ...data.forecast.map((row) => [row.month, null, row.mean, row.lo80, row.hi80, row.lo95, row.hi95]),
    ],
  }
}

export function surgeTable(data: IllnessSurge): DataTable {
  return {
    columns: [t.condition, t.week, t.weekStart, t.cases, t.expected, t.upper, t.level],
    rows: data.conditions.flatMap((condition) =>
      condition.weeks.map((week) =>
        [condition.condition, week.week, week.week_start_date, week.count, week.expected, week.upper, week.level])),
  }
}

export function ranksTable(data: HealthTrends): DataTable {
  return {
    columns: [t.week, t.rank, t.condition, t.cases, t.share, t.low, t.high, t.before],
    rows: data.weeks.flatMap((week) =>
      week.conditions.map((row) =>
        [week.week, row.rank, row.condition, row.count, row.share, row.share_low, row.share_high, row.previous_rank])),
  }
}

export function trendingTable(data: HealthTrends): DataTable {
  return {
    columns: [t.condition, t.recent, t.before, t.ratio, t.low, t.high, t.direction],
    rows: data.trending.map((row) =>
      [row.condition, row.recent_count, row.previous_count, row.ratio, row.ratio_low, row.ratio_high, row.direction]),
  }
}

export function seasonTable(data: HealthTrends, months: readonly string[]): DataTable {
  return {
    columns: [t.condition, t.peak, t.strengthSeason, ...months],
    rows: data.seasonality.map((row) => [row.condition, row.peak_month, row.strength, ...row.monthly_index]),
  }
}

export function demographicsTable(data: Demographics): DataTable {
  return {
    columns: [t.band, t.all, t.female, t.male, t.other, t.share, t.low, t.high],
    rows: data.age_bands.map((row) =>
      [row.band, row.count, row.female_count, row.male_count, row.other_count, row.share, row.share_low, row.share_high]),
  }
}

export function associationsTable(data: Associations): DataTable {
  return {
    columns: [t.group, t.condition, t.v, t.low, t.high, t.strength, t.chi2, t.dof, t.p, t.pAdjusted, t.n, t.note],
    rows: data.tests.map((row) =>
      [row.factor, row.condition, row.cramers_v, row.v_low, row.v_high, row.strength, row.chi2, row.dof, row.p_value,
        row.p_adjusted, row.n, row.note]),
  }
}
