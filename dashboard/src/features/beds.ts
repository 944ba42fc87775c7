/** Inpatient beds that the next hours ask for. */
import { useQuery } from '@pinia/colada'
import { useIntervalFn } from '@vueuse/core'
import { computed } from 'vue'
import * as api from '../api'
import * as fmt from '../fmt'
import { beds } from '../text/beds'
import { panelState } from './panel'
import type { DataTable } from './table'

export type { BedsAhead } from '../api'

/** Who is here changes by the minute; it is asked for once in each, whatever the queues do. */
const EVERY = 60_000

export function useBedsAhead() {
  // Beneath the key of the analyses, so that it is renewed with them.
  const query = useQuery({ key: ['analytics', 'beds'], query: api.bedsAhead, staleTime: EVERY })
  useIntervalFn(() => void query.refetch().catch(() => undefined), EVERY)
  const ahead = computed(() => query.data.value)
  const state = computed(() => panelState({ data: ahead.value, error: query.error.value, isEmpty: ahead.value?.items.length === 0 }))
  return { ahead, state, retry: () => query.refetch() }
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
