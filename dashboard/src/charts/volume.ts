/**
 * The chart of monthly volume: history, forecast, both bands, today and the peak.
 * Belongs here: from data to a Chart.js configuration. Does not belong here: the canvas, the words around it.
 */
import type { Chart, ChartConfiguration, ChartDataset, Plugin } from 'chart.js'
import type { PatientVolume } from '../api/shapes'
import * as fmt from '../fmt'
import { text } from '../text/general'
import { FONT, token } from './chart'

export interface VolumePoint {
  month: string
  actual: number | null
  mean: number | null
  lo80: number | null
  hi80: number | null
  lo95: number | null
  hi95: number | null
}

/** History and forecast in one row of months; the last known month joins both lines. */
export function volumePoints(data: PatientVolume, months: number): VolumePoint[] {
  const history = data.history.slice(-months)
  const past = history.map((point, index): VolumePoint => {
    const joins = index === history.length - 1 && data.forecast.length > 0 ? point.count : null
    return { month: point.month, actual: point.count, mean: joins, lo80: joins, hi80: joins, lo95: joins, hi95: joins }
  })
  const future = data.forecast.map(({ month, mean, lo80, hi80, lo95, hi95 }) =>
    ({ month, actual: null, mean, lo80, hi80, lo95, hi95 }))
  return [...past, ...future]
}

/** The highest month of the forecast. */
export function peakOf(data: PatientVolume): PatientVolume['forecast'][number] | undefined {
  return data.forecast.reduce<PatientVolume['forecast'][number] | undefined>(
    (best, point) => (best === undefined || point.mean > best.mean ? point : best), undefined)
}

function tick(month: string): string | string[] {
  const number = Number(month.slice(5, 7))
  if (number === 1) return [fmt.shortMonth(1), month.slice(0, 4)]
  return (number - 1) % 3 === 0 ? fmt.shortMonth(number) : ''
}

/** The dotted line after the last known month, and the forecast's peak with its value. */
function marks(points: VolumePoint[]): Plugin<'line'> {
  const today = points.map((point) => point.actual !== null).lastIndexOf(true)
  const peak = points.reduce((best, point, index) =>
    index > today && (point.mean ?? 0) > (points[best]?.mean ?? 0) && best >= 0 ? index : best, today + 1)

  return {
    id: 'marks',
    afterDatasetsDraw(chart: Chart<'line'>) {
      const { ctx, chartArea, scales } = chart
      const top = points[peak]
      if (!scales.x || !scales.y || today < 0 || top === undefined || top.mean === null) return
      // The last month is over, the next one has begun: today lies between their points.
      const x = (scales.x.getPixelForValue(today) + scales.x.getPixelForValue(today + 1)) / 2
      ctx.save()
      ctx.strokeStyle = token('--ink-3')
      ctx.setLineDash([2, 3])
      ctx.beginPath()
      ctx.moveTo(x, chartArea.top - 4)
      ctx.lineTo(x, chartArea.bottom)
      ctx.stroke()
      ctx.setLineDash([])
      ctx.fillStyle = token('--ink-2')
      ctx.font = `600 11px ${FONT}`
      ctx.textAlign = 'center'
      ctx.fillText(text.overview.volume.today, x, chartArea.top - 8)

      const [peakX, peakY] = [scales.x.getPixelForValue(peak), scales.y.getPixelForValue(top.mean)]
      ctx.beginPath()
      ctx.arc(peakX, peakY, 4, 0, 2 * Math.PI)
      ctx.fillStyle = token('--forecast')
      ctx.fill()
      ctx.strokeStyle = token('--surface')
      ctx.lineWidth = 2
      ctx.stroke()
      ctx.font = `650 12px ${FONT}`
      ctx.lineWidth = 4
      ctx.strokeText(fmt.count(top.mean), peakX, peakY + 20)
      ctx.fillStyle = token('--ink')
      ctx.fillText(fmt.count(top.mean), peakX, peakY + 20)
      ctx.restore()
    },
  }
}

type Key = 'actual' | 'mean' | 'lo80' | 'hi80' | 'lo95' | 'hi95'

export function volumeConfig(points: VolumePoint[]): ChartConfiguration<'line'> {
  const values = (key: Key) => points.map((point) => point[key])
  const band = (key: Key, fill: false | string, colour: string): ChartDataset<'line'> => ({
    data: values(key), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, fill, backgroundColor: colour, tension: 0.25,
  })
  const line = (label: string, key: Key, colour: string, dash: number[]): ChartDataset<'line'> => ({
    label, data: values(key), borderColor: colour, backgroundColor: colour, borderWidth: 2.2, borderDash: dash,
    pointRadius: 0, pointHoverRadius: 4, tension: 0.25,
  })
  return {
    type: 'line',
    data: {
      labels: points.map((point) => point.month),
      datasets: [
        line(text.overview.volume.actual, 'actual', token('--actual'), []),
        line(text.overview.volume.forecast, 'mean', token('--forecast'), [5, 4]),
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
      layout: { padding: { top: 20, right: 6 } },
      scales: {
        x: {
          grid: { display: false },
          border: { color: token('--line') },
          ticks: { autoSkip: false, maxRotation: 0, callback: (_value, index) => tick(points[index]?.month ?? '') },
        },
        y: { border: { display: false }, ticks: { maxTicksLimit: 6, padding: 6, callback: (value) => fmt.count(Number(value)) }, grace: '8%' },
      },
      plugins: {
        tooltip: {
          filter: (item) => item.datasetIndex < 2,
          callbacks: {
            title: (items) => fmt.month(points[items[0]?.dataIndex ?? 0]?.month ?? ''),
            label: (item) => `${item.dataset.label ?? ''}  ${fmt.count(item.parsed.y)}`,
            afterBody: (items) => {
              const point = points[items[0]?.dataIndex ?? 0]
              if (point === undefined || point.actual !== null) return []
              return [`95 %  ${fmt.range(point.lo95, point.hi95)}`, `80 %  ${fmt.range(point.lo80, point.hi80)}`]
            },
          },
        },
      },
    },
    plugins: [marks(points)],
  }
}

/** What the chart says, for those who do not see it. */
export function volumeSummary(data: PatientVolume): string {
  const first = data.forecast[0]
  const peak = peakOf(data)
  const last = data.history.at(-1)
  if (first === undefined || peak === undefined) {
    return text.overview.volume.summaryRefused(data.history.length, last ? fmt.month(last.month) : '', fmt.count(last?.count))
  }
  return text.overview.volume.summary(
    data.forecast.length, fmt.month(first.month), fmt.count(first.mean), text.overview.volume.between(fmt.count(first.lo95), fmt.count(first.hi95)),
    fmt.month(peak.month), fmt.count(peak.mean))
}
