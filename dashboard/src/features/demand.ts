/** Registrations to expect in the next hours. */
import * as api from '../api'
import { words as english } from '../text/en/operations'
import { text } from '../text/general'
import { words } from '../text/operations'
import { useListPanel } from './panel'
import type { DataTable } from './table'

export type { HoursAhead } from '../api'

export function useHoursAhead() {
  // Beneath the key of the analyses, so that it is renewed with them.
  const { page: ahead, state } = useListPanel({ key: ['analytics', 'hours'], query: api.hoursAhead, staleTime: 60_000 })
  return { ahead, state }
}

export function hoursTable(ahead: api.HoursAhead): DataTable {
  const t = english.hours
  return {
    columns: [t.hour, t.expected, 'lo80', 'hi80'], shown: [words.hours.hour, words.hours.expected, text.table.lo80, text.table.hi80],
    rows: ahead.items.map((one) => [one.starts_at, one.mean, one.lo80, one.hi80]),
  }
}
