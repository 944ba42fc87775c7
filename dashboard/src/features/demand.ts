/** Registrations to expect in the next hours. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { words as english } from '../text/en/operations'
import { text } from '../text/general'
import { words } from '../text/operations'
import { panelState } from './panel'
import type { DataTable } from './table'

export type { HoursAhead } from '../api'

export function useHoursAhead(isWanted: () => boolean) {
  // Beneath the key of the analyses, so that it is renewed with them.
  const query = useQuery({ key: ['analytics', 'hours'], query: api.hoursAhead, enabled: isWanted, staleTime: 60_000 })
  const ahead = computed(() => query.data.value)
  const state = computed(() => panelState({ data: ahead.value, error: query.error.value, isEmpty: ahead.value?.items.length === 0 }))
  return { ahead, state, retry: () => query.refetch() }
}

export function hoursTable(ahead: api.HoursAhead): DataTable {
  const t = english.hours
  return {
    columns: [t.hour, t.expected, 'lo80', 'hi80'], shown: [words.hours.hour, words.hours.expected, text.table.lo80, text.table.hi80],
    rows: ahead.items.map((one) => [one.starts_at, one.mean, one.lo80, one.hi80]),
  }
}
