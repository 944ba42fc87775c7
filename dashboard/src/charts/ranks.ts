/**
 * The chart of weekly ranks, and the colour of each condition.
 * Belongs here: from data to a Chart.js configuration. Does not belong here: the list beside it.
 */
import type { ChartConfiguration, ChartDataset } from 'chart.js'
import type { HealthTrends, RankedWeek } from '../api/shapes'
import * as fmt from '../fmt'
import { text } from '../text/general'
import { token } from './chart'

const PLACES = 5

/**
 * The five conditions of the latest week have the five colours, in alphabetical order of their names so that a change of
 * rank changes no colour; one condition keeps one colour wherever the same week is shown. Others are grey.
 */
export function conditionColours(weeks: readonly RankedWeek[]): Map<string, string> {
  const latest = weeks.at(-1)?.conditions.map((row) => row.condition) ?? []
  return new Map([...latest].sort().map((name, index) => [name, `--c${index + 1}`]))
}

interface Place {
  rank: number | null
  count: number | null
}

/** A condition's rank in each week; null in weeks when it was not among the first five. */
function placesOf(weeks: readonly RankedWeek[], condition: string): Place[] {
  return weeks.map((week) => {
    const row = week.conditions.find((candidate) => candidate.condition === condition)
    return { rank: row?.rank ?? null, count: row?.count ?? null }
  })
}

export function ranksConfig(data: HealthTrends): ChartConfiguration<'line'> {
  const weeks = data.weeks
  const colours = conditionColours(weeks)
  const names = [...new Set(weeks.flatMap((week) => week.conditions.map((row) => row.condition)))]
  const places = new Map(names.map((name) => [name, placesOf(weeks, name)]))
  const line = (name: string): ChartDataset<'line'> => {
    const colour = token(colours.get(name) ?? '--c0')
    const isLatest = colours.has(name)
    return {
      label: name, data: places.get(name)?.map((place) => place.rank) ?? [], borderColor: colour, backgroundColor: colour,
      borderWidth: isLatest ? 2.5 : 1.5, pointRadius: isLatest ? 6 : 3.5, pointHoverRadius: isLatest ? 7 : 4.5,
      pointBorderColor: token('--surface'), pointBorderWidth: 1.5, spanGaps: false, tension: 0.3, order: isLatest ? 0 : 1, clip: 10,
    }
  }
  return {
    type: 'line',
    data: { labels: weeks.map((week) => fmt.week(week.week)), datasets: names.map(line) },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      layout: { padding: { right: 8 } },
      scales: {
        x: { offset: true, grid: { display: false }, border: { color: token('--line') }, ticks: { maxRotation: 0, autoSkipPadding: 8 } },
        y: { reverse: true, min: 0.5, max: PLACES + 0.5, border: { display: false }, ticks: { stepSize: 1, padding: 6, callback: (value) => (Number.isInteger(Number(value)) ? value : '') }, afterBuildTicks: (scale) => { scale.ticks = [1, 2, 3, 4, 5].map((value) => ({ value })) } },
      },
      plugins: {
        tooltip: {
          itemSort: (a, b) => (a.parsed.y ?? 0) - (b.parsed.y ?? 0),
          callbacks: {
            label: (item) => {
              const place = places.get(item.dataset.label ?? '')?.[item.dataIndex]
              return `${place?.rank ?? ''}  ${item.dataset.label ?? ''}  ${fmt.count(place?.count)}`
            },
          },
        },
      },
    },
  }
}

/** The latest week in words. */
export function ranksSummary(data: HealthTrends): string {
  const latest = data.weeks.at(-1)
  const items = latest?.conditions.map((row) => `${row.rank} ${row.condition}, ${fmt.count(row.count)}`) ?? []
  return text.overview.ranks.summary(fmt.week(latest?.week ?? ''), items.join('; '))
}
