/** What a shift is planned with: expected registrations a day, from the page of nurses. */
import * as api from '../api'
import { usePanel } from './panel'

export type { StaffingMonth } from '../api'

export function useStaffing(isWanted: () => boolean) {
  // Beneath the key of the analyses, so that it is renewed with them.
  const { data: staffing, state } = usePanel({
    key: ['analytics', 'nurse'], query: async () => (await api.nursePage()).staffing, enabled: isWanted, staleTime: 60_000,
  }, (answer) => answer.months.length === 0)
  return { staffing, state }
}
