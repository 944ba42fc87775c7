/**
 * The chart of the next hours' beds: what is asked for from now on, with both bands.
 * Belongs here: from data to a Chart.js configuration. Does not belong here: the canvas, the words around it.
 */
import type { ChartConfiguration, ChartDataset } from 'chart.js'
import type { BedsAhead } from '../features/beds'
import * as fmt from '../fmt'
import { beds } from '../text/beds'
import { token } from './chart'

export interface BedPoint {
  label: string
  mean: number
  lo80: number
  hi80: number
  lo95: number
  hi95: number
}

/** Nothing is asked for yet now; then the count by the end of each hour. */
export function bedPoints(ahead: BedsAhead): BedPoint[] {
  const start: BedPoint = { label: beds.now, mean: 0, lo80: 0, hi80: 0, lo95: 0, hi95: 0 }
  return [start, ...ahead.items.map(({ ends_at: until, by_then: { mean, lo80, hi80, lo95, hi95 } }) =>
    ({ label: fmt.clock(new Date(until)), mean, lo80, hi80, lo95, hi95 }))]
}

export function bedsConfig(points: BedPoint[]): ChartConfiguration<'line'> {
  const band = (key: 'lo80' | 'hi80' | 'lo95' | 'hi95', fill: false | string, colour: string): ChartDataset<'line'> => ({
    data: points.map((point) => point[key]), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, fill, backgroundColor: colour,
  })
  return {
    type: 'line',
    data: {
      labels: points.map((point) => point.label),
      datasets: [
        {
          label: beds.expected, data: points.map((point) => point.mean), borderColor: token('--forecast'), backgroundColor: token('--forecast'),
          borderWidth: 2.2, borderDash: [5, 4], pointRadius: 0, pointHoverRadius: 4,
        },
        band('hi80', '+1', token('--forecast-80')),
        band('lo80', false, ''),
        band('hi95', '+1', token('--forecast-95')),
        band('lo95', false, ''),
      ],
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: { grid: { display: false }, border: { color: token('--line') }, ticks: { maxRotation: 0 } },
        y: { beginAtZero: true, border: { display: false }, ticks: { maxTicksLimit: 6, padding: 6, precision: 0 } },
      },
      plugins: {
        tooltip: {
          filter: (item) => item.datasetIndex === 0,
          callbacks: {
            label: (item) => `${item.dataset.label ?? ''}  ${fmt.decimal(item.parsed.y)}`,
            afterBody: (items) => {
              const point = points[items[0]?.dataIndex ?? 0]
              return point ? [`95 %  ${fmt.range(point.lo95, point.hi95)}`, `80 %  ${fmt.range(point.lo80, point.hi80)}`] : []
            },
          },
        },
      },
    },
  }
}

/** What the chart says, for those who do not see it. */
export function bedsSummary(ahead: BedsAhead): string {
  const [first, last] = [ahead.items[0], ahead.items.at(-1)]
  if (!first || !last) return ''
  return beds.summary(
    fmt.count(last.by_then.point), fmt.clock(new Date(last.ends_at)), fmt.count(last.by_then.lo80), fmt.count(last.by_then.hi80), fmt.decimal(first.in_hour.mean))
}
