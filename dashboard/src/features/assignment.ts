/** Whose patient this is: doctors who fit, with reasons, and assigning. */
import { computed } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { useListPanel } from './panel'

export type { Match } from '../api'
export const OVERRIDE_REASONS = ['patients_wish', 'knows_patient', 'skills', 'language', 'workload', 'takes_over'] as const
export type OverrideReason = (typeof OVERRIDE_REASONS)[number]

export function useMatches(entryId: string) {
  const { page, items: matches, state } = useListPanel({ key: ['doctor-matches', entryId], query: () => api.matches(entryId), staleTime: 0 })
  return { needed: computed(() => page.value?.needed_specialty ?? ''), matches, state }
}

export function useAssign(entryId: string) {
  return useChange(
    ({ providerId, reason }: { providerId: string | null; reason: OverrideReason | null }) => api.assign(entryId, providerId, reason),
    [['queue-entries'], ['my-calls'], ['doctor-matches']])
}
