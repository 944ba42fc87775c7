/** How patients may book at a clinic, and by which rules. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export type { BookingRule, Clinic } from '../api'
export const MODES = ['view_only', 'request', 'self_book'] as const
export const RULES = ['per_day', 'per_week', 'open', 'no_shows', 'notice_hours', 'days_ahead'] as const

export function useClinics() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['clinics'], query: api.clinics })
  const clinics = computed(() => query.data.value?.items)
  const problem = ref('')
  const isBusy = ref(false)

  async function save(clinic: api.Clinic, mode: api.Clinic['portal_mode'], rules: api.BookingRule[]): Promise<void> {
    problem.value = ''
    isBusy.value = true
    try {
      await api.changeClinic(clinic, { portal_mode: mode, rules })
    } catch (failure) {
      problem.value = problemWords(failure)
    } finally {
      isBusy.value = false
      await cache.invalidateQueries({ key: ['clinics'] }).catch(() => undefined)
    }
  }

  return {
    clinics, save, problem, isBusy, retry: () => query.refetch(),
    state: computed(() => panelState({ data: clinics.value, error: query.error.value, isEmpty: clinics.value?.length === 0 })),
  }
}
