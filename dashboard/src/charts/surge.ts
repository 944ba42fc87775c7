/**
 * The chart of one condition's weeks against its usual range.
 * Belongs here: from data to a Chart.js configuration. Does not belong here: the judgement of a week (ml.surveillance).
 */
import type { ChartConfiguration } from 'chart.js'
import type { Level, SurgeCondition } from '../api/shapes'
import * as fmt from '../fmt'
import { details } from '../text/details'
import { text } from '../text/general'
import { token } from './chart'

const COLOUR = { low: '--r1-fg', moderate: '--c3', high: '--r3-bg', critical: '--r4-bg' } as const
const colourOf = (level: Level | null) => (level === null ? '--ink-3' : COLOUR[level])

export function surgeConfig(condition: SurgeCondition): ChartConfiguration<'line'> {
  const weeks = condition.weeks
  const levels = weeks.map((week) => token(colourOf(week.level)))
  const limit = {
    data: weeks.map((week) => week.upper), borderWidth: 1.2, borderDash: [3, 3], borderColor: token('--ink-3'), pointRadius: 0,
    fill: 'origin', backgroundColor: token('--forecast-95'),
  }
  return {
    type: 'line',
    data: {
      labels: weeks.map((week) => fmt.week(week.week)),
      datasets: [
        {
          label: details.surge.cases, data: weeks.map((week) => week.count), borderColor: token('--actual'), borderWidth: 2,
          backgroundColor: token('--actual'), pointRadius: weeks.map((week) => (week.level === 'low' ? 2 : 5)),
          pointBackgroundColor: levels, pointBorderColor: token('--surface'), pointBorderWidth: 1,
        },
        {
          label: details.surge.expected, data: weeks.map((week) => week.expected), borderColor: token('--forecast'),
          borderWidth: 1.8, borderDash: [5, 4], pointRadius: 0, backgroundColor: token('--forecast'),
        },
        { label: details.surge.upper, ...limit },
      ],
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: { grid: { display: false }, border: { color: token('--line') }, ticks: { maxRotation: 0, autoSkipPadding: 12 } },
        y: { beginAtZero: true, border: { display: false }, ticks: { maxTicksLimit: 5, padding: 6, precision: 0 } },
      },
      plugins: {
        tooltip: {
          callbacks: {
            label: (item) => `${item.dataset.label ?? ''}  ${fmt.decimal(item.parsed.y, item.datasetIndex === 0 ? 0 : 1)}`,
            afterBody: (items) => {
              const week = weeks[items[0]?.dataIndex ?? 0]
              return week?.level ? [text.level[week.level]] : []
            },
          },
        },
      },
    },
  }
}
