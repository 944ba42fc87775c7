/** One receipt: where a number comes from. */
import type { Ref } from 'vue'
import * as api from '../api'
import { usePanel } from './panel'

export function useReceipt(id: Ref<string>) {
  const { data: receipt, state } = usePanel({
    key: () => ['receipt', id.value],
    query: () => api.receipt(id.value),
    enabled: () => id.value !== '',
    staleTime: Infinity,
  })
  return { receipt, state }
}
