/** Accounts, emergency accesses to review, and the audit: the administrator's view of who may and who did. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'
import { downloadFile } from './table'

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

/** Proofs of profession that wait for a decision, and those decided on. */
export function useDocuments() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['documents'], query: api.documents })
  const documents = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: documents.value, error: query.error.value, isEmpty: documents.value?.length === 0 }))
  const decision = useMutation({
    mutation: ({ id, isApproved, reason, until }: { id: string; isApproved: boolean; reason: string; until: string }) =>
      api.decideDocument(id, {
        decision: isApproved ? 'approved' : 'rejected', reason, expires_at: isApproved ? `${until}T23:59:59Z` : null,
      }),
    onSettled: async () => {
      await cache.invalidateQueries({ key: ['documents'] })
      await cache.invalidateQueries({ key: ['users'] })
    },
  })
  const take = useMutation({
    mutation: async ({ id, mediaType }: { id: string; mediaType: string }) => {
      downloadFile(await api.documentFile(id), `document-${id.slice(0, 8)}.${mediaType.split('/')[1] ?? 'bin'}`)
    },
  })
  const fault = computed(() => decision.error.value ?? take.error.value)
  return {
    documents, state, decide: decision.mutateAsync, take: take.mutateAsync, retry: () => query.refetch(),
    problem: computed(() => (fault.value ? problemWords(fault.value) : '')),
  }
}

/** Second factors that one administrator wants to take away and another one decides on. */
export function useMfaResets() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['mfa-resets'], query: api.mfaResets })
  const resets = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: resets.value, error: query.error.value, isEmpty: resets.value?.length === 0 }))
  const { mutateAsync, error } = useMutation({
    mutation: ({ id, isApproved }: { id: string; isApproved: boolean }) => api.decideMfaReset(id, isApproved),
    onSettled: () => cache.invalidateQueries({ key: ['mfa-resets'] }),
  })
  return { resets, state, decide: mutateAsync, problem: computed(() => (error.value ? problemWords(error.value) : '')), retry: () => query.refetch() }
}

export function useAudit() {
  const query = useQuery({ key: ['audit'], query: api.auditEvents })
  const page = computed(() => query.data.value)
  const state = computed(() => panelState({ data: page.value, error: query.error.value }))
  return { page, state, retry: () => query.refetch() }
}
