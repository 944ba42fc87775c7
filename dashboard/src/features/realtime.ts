/** What is happening in the hospital now: the last 24 hours, renewed by the live connection. */
import { computed } from 'vue'
import * as api from '../api'
import type { Realtime } from '../api/shapes'
import { useLive } from './live'
import { usePanel } from './panel'
import { useSession } from './session'

/** Patients have no live figures, and a page without a session asks for none. */
function useIsStaff() {
  const session = useSession()
  return computed(() => session.user !== null && session.user.role !== 'patient')
}

export function useRealtime() {
  const live = useLive()
  const isStaff = useIsStaff()
  const { data: realtime, state } = usePanel<Realtime>({
    key: ['realtime'],
    query: async () => {
      const answer = await api.realtime()
      live.heard()
      return answer
    },
    enabled: () => isStaff.value,
    staleTime: 2_000,
  })
  return { realtime, state }
}
