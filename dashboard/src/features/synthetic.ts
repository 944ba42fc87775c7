/** Whether what is shown is synthetic: as the last answer said; until one says so the note stands, to be safe. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { useSession } from './session'

export function useSynthetic() {
  const session = useSession()
  const query = useQuery({
    key: ['realtime'],
    query: api.realtime,
    enabled: () => session.isSignedIn && session.user?.role !== 'patient',
  })
  return computed(() => query.data.value?.is_synthetic ?? true)
}
