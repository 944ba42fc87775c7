/** What a shift is planned with: expected registrations a day, from the page of nurses. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { panelState } from './panel'

export type { StaffingMonth } from '../api'

export function useStaffing(isWanted: () => boolean) {
  // Beneath the key of the analyses, so that it is renewed with them.
  const query = useQuery({ key: ['analytics', 'nurse'], query: api.nursePage, enabled: isWanted, staleTime: 60_000 })
  const staffing = computed(() => (query.data.value === undefined ? undefined : query.data.value.staffing))
  const state = computed(() =>
    panelState({ data: staffing.value, error: query.error.value, isEmpty: staffing.value?.months.length === 0 }))
  return { staffing, state, retry: () => query.refetch() }
}
