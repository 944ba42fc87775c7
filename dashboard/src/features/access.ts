/** Accounts, emergency accesses to review, and the audit: the administrator's view of who may and who did. */
import { computed } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'
import { downloadFile } from './table'

export function useUsers() {
  const { data, state } = usePanel({ key: ['users'], query: api.users })
  return { users: computed(() => data.value?.items), state }
}

export function useEmergencies() {
  const { items: accesses, state } = useListPanel({ key: ['emergencies'], query: api.emergencyAccesses })
  const review = useChange(({ id, isJustified }: { id: string; isJustified: boolean }) => api.reviewEmergency(id, isJustified), [['emergencies']])
  return { accesses, state, review }
}

/** Proofs of profession that wait for a decision, and those decided on. */
export function useDocuments() {
  const { items: documents, state } = useListPanel({ key: ['documents'], query: api.documents })
  // Whoever is approved has another role, and a licence that ends with the document.
  const decision = useChange(
    ({ id, isApproved, reason, until }: { id: string; isApproved: boolean; reason: string; until: string }) =>
      api.decideDocument(id, {
        decision: isApproved ? 'approved' : 'rejected', reason, expires_at: isApproved ? `${until}T23:59:59Z` : null,
      }),
    [['documents'], ['users'], ['staff']])
  const take = useChange(async ({ id, mediaType }: { id: string; mediaType: string }) => {
    downloadFile(await api.documentFile(id), `document-${id.slice(0, 8)}.${mediaType.split('/')[1] ?? 'bin'}`)
  })
  return { documents, state, decision, take }
}

/** Second factors that one administrator wants to take away and another one decides on. */
export function useMfaResets() {
  const { items: resets, state } = useListPanel({ key: ['mfa-resets'], query: api.mfaResets })
  const decision = useChange(({ id, isApproved }: { id: string; isApproved: boolean }) => api.decideMfaReset(id, isApproved), [['mfa-resets']])
  return { resets, state, decision }
}

export function useAudit() {
  const { data: page, state } = usePanel({ key: ['audit'], query: api.auditEvents })
  return { page, state }
}
