/** How patients may book at a clinic, and by which rules. */
import * as api from '../api'
import { useChange } from './change'
import { useListPanel } from './panel'

export type { BookingRule, Clinic } from '../api'
export const MODES = ['view_only', 'request', 'self_book'] as const
export const RULES = ['per_day', 'per_week', 'open', 'no_shows', 'notice_hours', 'days_ahead'] as const

export function useClinics() {
  const { items: clinics, state } = useListPanel({ key: ['clinics'], query: api.clinics })
  const save = useChange(
    ({ clinic, mode, rules }: { clinic: api.Clinic; mode: api.Clinic['portal_mode']; rules: api.BookingRule[] }) =>
      api.changeClinic(clinic, { portal_mode: mode, rules }),
    [['clinics']])
  return { clinics, state, save }
}
