/** Inpatient beds that the next hours ask for. */
import { useIntervalFn } from '@vueuse/core'
import * as api from '../api'
import * as fmt from '../fmt'
import { beds } from '../text/beds'
import { useListPanel } from './panel'
import type { DataTable } from './table'

export type { BedsAhead } from '../api'

/** Who is here changes by the minute; it is asked for once in each, whatever the queues do. */
const EVERY = 60_000

export function useBedsAhead() {
  // Beneath the key of the analyses, so that it is renewed with them.
  const { page: ahead, state } = useListPanel({ key: ['analytics', 'beds'], query: api.bedsAhead, staleTime: EVERY })
  useIntervalFn(() => state.value.retry?.(), EVERY)
  return { ahead, state }
}

export function bedsTable(ahead: api.BedsAhead): DataTable {
  const t = beds.columns
  return {
    columns: [t.until, t.point, 'lo80', 'hi80', 'lo95', 'hi95', t.mean, t.here, t.arrivals, t.hour, t.hourLow, t.hourHigh],
    rows: ahead.items.map(({ ends_at: until, by_then: all, in_hour: hour }) => [
      fmt.moment(until), all.point, all.lo80, all.hi80, all.lo95, all.hi95, all.mean, all.from_here, all.from_arrivals, hour.mean, hour.lo80, hour.hi80,
    ]),
  }
}
