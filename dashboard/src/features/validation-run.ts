/** One validation run with the outcome of each rule. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { panelState } from './panel'

export function useValidationRun(id: string) {
  const query = useQuery({ key: ['validation-run', id], query: () => api.validationRun(id), staleTime: Infinity })
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value }))
  return { run: query.data, state, retry: () => query.refetch() }
}
