/** One receipt: where a number comes from. */
import { useQuery } from '@pinia/colada'
import { computed, type Ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'

export function useReceipt(id: Ref<string>) {
  const query = useQuery({
    key: () => ['receipt', id.value],
    query: () => api.receipt(id.value),
    enabled: () => id.value !== '',
    staleTime: Infinity,
  })
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value }))
  return { receipt: query.data, state, retry: () => query.refetch() }
}
