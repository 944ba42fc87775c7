/** Whose patient this is: doctors who fit, with reasons, and assigning. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export type { Match } from '../api'
export const OVERRIDE_REASONS = ['patients_wish', 'knows_patient', 'skills', 'language', 'workload', 'takes_over'] as const
export type OverrideReason = (typeof OVERRIDE_REASONS)[number]

export function useMatches(entryId: string) {
  const query = useQuery({ key: ['matches', entryId], query: () => api.matches(entryId), staleTime: 0 })
  const matches = computed(() => query.data.value?.items)
  return {
    needed: computed(() => query.data.value?.needed_specialty ?? ''), matches,
    state: computed(() => panelState({ data: matches.value, error: query.error.value, isEmpty: matches.value?.length === 0 })),
    retry: () => query.refetch(),
  }
}

export function useAssign(entryId: string) {
  const cache = useQueryCache()
  const problem = ref('')
  const isBusy = ref(false)

  /** Assign, or say what was wrong; true when it is done. */
  async function assign(providerId: string | null, reason: OverrideReason | null): Promise<boolean> {
    problem.value = ''
    isBusy.value = true
    try {
      await api.assign(entryId, providerId, reason)
      return true
    } catch (failure) {
      problem.value = problemWords(failure)
      return false
    } finally {
      isBusy.value = false
      await Promise.all(['queue-entries', 'my-calls', 'matches'].map((key) => cache.invalidateQueries({ key: [key] }))).catch(() => undefined)
    }
  }

  return { assign, problem, isBusy }
}
