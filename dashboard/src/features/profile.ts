/** One's own account: second factor, sessions, tokens. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'
import { useSession } from './session'

export function useProfile() {
  const cache = useQueryCache()
  const mfa = useQuery({ key: ['mfa'], query: api.mfaState })
  const sessions = useQuery({ key: ['sessions'], query: api.sessions })
  const tokens = useQuery({ key: ['tokens'], query: api.tokens })
  /** Shown once, right after it was made. */
  const made = ref('')
  const end = useMutation({ mutation: api.endSession, onSettled: () => cache.invalidateQueries({ key: ['sessions'] }) })
  const revoke = useMutation({ mutation: api.revokeToken, onSettled: () => cache.invalidateQueries({ key: ['tokens'] }) })
  const make = useMutation({
    mutation: async ({ name, scope }: { name: string; scope: string }) => {
      made.value = (await api.createToken(name, [scope])).token
    },
    onSettled: () => cache.invalidateQueries({ key: ['tokens'] }),
  })
  const fault = computed(() => make.error.value ?? end.error.value ?? revoke.error.value)
  return {
    mfa: computed(() => mfa.data.value),
    mfaState: computed(() => panelState({ data: mfa.data.value, error: mfa.error.value })),
    sessions: computed(() => sessions.data.value?.items),
    sessionsState: computed(() => panelState({ data: sessions.data.value, error: sessions.error.value })),
    tokens: computed(() => tokens.data.value?.items),
    scopes: computed(() => tokens.data.value?.allowed_scopes ?? []),
    tokensState: computed(() => panelState({ data: tokens.data.value, error: tokens.error.value })),
    made, endSession: end.mutateAsync, revokeToken: revoke.mutateAsync, makeToken: make.mutateAsync,
    problem: computed(() => (fault.value ? problemWords(fault.value) : '')),
  }
}

/** Proof of one's profession: what was handed in, and handing in another document. */
export function useProof() {
  const cache = useQueryCache()
  const session = useSession()
  const query = useQuery({ key: ['own-documents'], query: api.ownDocuments })
  const documents = computed(() => query.data.value?.items)
  const upload = useMutation({
    mutation: ({ file, role }: { file: File; role: api.ProvenRole }) => api.uploadDocument(session.user?.user_id ?? '', file, role),
    onSettled: () => cache.invalidateQueries({ key: ['own-documents'] }),
  })
  return {
    documents, state: computed(() => panelState({ data: documents.value, error: query.error.value })), retry: () => query.refetch(),
    upload: upload.mutateAsync, isSending: computed(() => upload.isLoading.value),
    problem: computed(() => (upload.error.value ? problemWords(upload.error.value) : '')),
  }
}
