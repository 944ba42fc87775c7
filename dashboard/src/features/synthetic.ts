/** Whether the hospital is synthetic. Asked of the readiness answer, which people without a session may read too. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'

export function useSynthetic() {
  const query = useQuery({ key: ['health'], query: api.ready, staleTime: 5_000 })
  // Until an answer says so the note stands, to be safe.
  return computed(() => query.data.value?.is_synthetic ?? true)
}
