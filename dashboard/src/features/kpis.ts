/** The five figures at the top of the overview, from the live answer and the analyses. */
import type { Analytics, Realtime } from '../api/shapes'
import * as fmt from '../fmt'
import { text } from '../text/general'
import { watched } from './overview-sentence'

export interface Kpi {
  key: string
  label: string
  value: string
  unit?: string
  note: string
  spark?: readonly number[]
  alert?: boolean
  isWord?: boolean
  receipt?: string
}

/** Acuity 1 and 2 of the Emergency Severity Index: may not wait. */
const URGENT = 2

export function liveKpis(realtime: Realtime | undefined): Kpi[] {
  const today = realtime?.today
  const hours = today?.by_hour ?? []
  const busiest = hours.reduce<(typeof hours)[number] | undefined>(
    (best, hour) => ((hour.count ?? 0) > (best?.count ?? 0) ? hour : best), undefined)
  const known = today?.by_acuity.filter((row) => row.acuity !== null) ?? []
  const knownCount = known.reduce((sum, row) => sum + (row.count ?? 0), 0)
  const urgent = known.filter((row) => (row.acuity ?? 9) <= URGENT).reduce((sum, row) => sum + (row.count ?? 0), 0)
  const top = today?.by_condition.find((row) => row.condition !== null && row.count !== null)
  const receipt = realtime ? { receipt: realtime.receipt } : {}
  return [
    {
      ...receipt, key: 'registrations', label: text.kpi.registrations, value: fmt.count(today?.registrations_count),
      note: busiest ? text.kpi.perHour(fmt.count(busiest.count), fmt.clock(new Date(busiest.hour_start_at))) : text.kpi.noneYet,
      spark: busiest ? hours.map((hour) => hour.count ?? 0) : [],
    },
    {
      ...receipt, key: 'urgent', label: text.kpi.urgent, value: today && knownCount > 0 ? fmt.count(urgent) : fmt.MISSING,
      note: knownCount > 0 ? text.kpi.ofTotal(fmt.percent(urgent / knownCount)) : text.kpi.noAcuity,
    },
    {
      ...receipt, key: 'top', isWord: true, label: text.kpi.top, value: top ? fmt.sentence(top.condition ?? '') : fmt.MISSING,
      note: top ? text.kpi.topNote(fmt.count(top.count)) : text.kpi.noneYet,
    },
  ]
}

const receiptOf = (block: { receipt: string } | null | undefined) => (block ? { receipt: block.receipt } : {})

export function forecastKpis(analytics: Analytics | undefined): Kpi[] {
  const volume = analytics?.sections.patient_volume?.data
  const surge = analytics?.sections.illness_surge?.data
  const next = volume?.forecast[0]
  const hot = watched(surge)
  const names = hot.slice(0, 2).map((row) => row.condition)
  const rest = hot.length - names.length
  return [
    {
      ...receiptOf(analytics?.sections.patient_volume), key: 'expected', label: text.kpi.expected(next ? fmt.fullMonth(next.month) : text.kpi.nextMonth), value: fmt.count(next?.mean),
      note: next ? text.kpi.interval(fmt.range(next.lo95, next.hi95)) : volume?.refused ? text.kpi.refused : '',
    },
    {
      ...receiptOf(analytics?.sections.illness_surge), key: 'surge', label: text.kpi.surge, value: surge ? fmt.count(hot.length) : fmt.MISSING,
      ...(surge ? { unit: text.kpi.surgeUnit(hot.length) } : {}),
      note: surge ? (hot.length > 0 ? names.join(', ') + (rest > 0 ? ` +${rest}` : '') : text.kpi.surgeNone) : '',
      alert: hot.some((row) => row.level === 'critical'),
    },
  ]
}
