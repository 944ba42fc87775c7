/** Accounts, emergency accesses to review, and the audit: the administrator's view of who may and who did. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { panelState } from './panel'

export function useUsers() {
  const query = useQuery({ key: ['users'], query: api.users })
  const users = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: users.value, error: query.error.value }))
  return { users, state, retry: () => query.refetch() }
}

export function useEmergencies() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['emergencies'], query: api.emergencyAccesses })
  const accesses = computed(() => query.data.value?.items)
  const state = computed(() =>
    panelState({ data: accesses.value, error: query.error.value, isEmpty: accesses.value?.length === 0 }),
  )
  const { mutateAsync } = useMutation({
    mutation: ({ id, isJustified }: { id: string; isJustified: boolean }) => api.reviewEmergency(id, isJustified),
    onSettled: () => cache.invalidateQueries({ key: ['emergencies'] }),
  })
  return { accesses, state, review: mutateAsync, retry: () => query.refetch() }
}

export function useAudit() {
  const query = useQuery({ key: ['audit'], query: api.auditEvents })
  const page = computed(() => query.data.value)
  const state = computed(() => panelState({ data: page.value, error: query.error.value }))
  return { page, state, retry: () => query.refetch() }
}
