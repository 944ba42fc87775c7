/**
 * The chart of weekly registrations by condition, and the colour of each condition.
 * Belongs here: from data to a Chart.js configuration. Does not belong here: the list beside it.
 */
import type { ChartConfiguration } from 'chart.js'
import type { HealthTrends, RankedWeek } from '../api/shapes'
import * as fmt from '../fmt'
import { text } from '../text/en'
import { token } from './chart'

/**
 * Give the five colours to the five conditions of the latest week, then to others by their total; one condition keeps
 * one colour wherever the same data are shown. A sixth has none and is counted as other.
 */
export function conditionColours(weeks: readonly RankedWeek[]): Map<string, string> {
  const latest = weeks.at(-1)?.conditions.map((row) => row.condition) ?? []
  const totals = new Map<string, number>()
  for (const row of weeks.flatMap((week) => week.conditions)) {
    totals.set(row.condition, (totals.get(row.condition) ?? 0) + (row.count ?? 0))
  }
  const others = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name).filter((name) => !latest.includes(name))
  return new Map([...latest, ...others].slice(0, 5).map((name, index) => [name, `--c${index + 1}`]))
}

export function ranksConfig(data: HealthTrends): ChartConfiguration<'bar'> {
  const weeks = data.weeks
  const colours = conditionColours(weeks)
  const of = (week: RankedWeek, name: string) => week.conditions.find((row) => row.condition === name)?.count ?? 0
  const named = [...colours].map(([name, colour]) => ({ name, colour, values: weeks.map((week) => of(week, name)) }))
  const rest = weeks.map((week, index) => Math.max(0, (week.total ?? 0) - named.reduce((sum, row) => sum + (row.values[index] ?? 0), 0)))
  const series = [...named, { name: text.overview.ranks.other, colour: '--c0', values: rest }]
  return {
    type: 'bar',
    data: {
      labels: weeks.map((week) => fmt.week(week.week)),
      datasets: series.map((row) => ({
        label: row.name,
        data: row.values,
        backgroundColor: token(row.colour),
        borderColor: token('--surface'),
        borderWidth: { top: 1.5 },
        categoryPercentage: 0.84,
        barPercentage: 0.9,
      })),
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: { stacked: true, grid: { display: false }, border: { color: token('--line') }, ticks: { maxRotation: 0, autoSkipPadding: 8 } },
        y: { stacked: true, border: { display: false }, ticks: { maxTicksLimit: 5, padding: 6, callback: (value) => fmt.count(Number(value)) } },
      },
      plugins: { tooltip: { itemSort: (a, b) => b.datasetIndex - a.datasetIndex } },
    },
  }
}
