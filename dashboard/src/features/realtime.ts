/** What is happening in the hospital now: the last 24 hours, renewed by the live connection. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import type { Realtime } from '../api/shapes'
import { useLive } from './live'
import { panelState } from './panel'

export const REALTIME_KEY = ['realtime']

export function useRealtime() {
  const live = useLive()
  const query = useQuery<Realtime>({
    key: REALTIME_KEY,
    query: async () => {
      const answer = await api.realtime()
      live.heard()
      return answer
    },
    staleTime: 2_000,
  })
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value }))
  return { realtime: query.data, state }
}
