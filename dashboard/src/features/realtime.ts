/** What is happening in the hospital now: the last 24 hours, renewed by the live connection. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import type { Realtime } from '../api/shapes'
import { useLive } from './live'
import { panelState } from './panel'
import { useSession } from './session'

/** Patients have no live figures, and a page without a session asks for none. */
function useIsStaff() {
  const session = useSession()
  return computed(() => session.user !== null && session.user.role !== 'patient')
}

function useRealtimeQuery() {
  const live = useLive()
  const isStaff = useIsStaff()
  return useQuery<Realtime>({
    key: ['realtime'],
    query: async () => {
      const answer = await api.realtime()
      live.heard()
      return answer
    },
    enabled: () => isStaff.value,
    staleTime: 2_000,
  })
}

export function useRealtime() {
  const query = useRealtimeQuery()
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value }))
  return { realtime: query.data, state }
}
