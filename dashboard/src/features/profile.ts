/** One's own account: second factor, sessions, tokens. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref } from 'vue'
import * as api from '../api'
import { people } from '../text/people'
import { panelState } from './panel'
import { hasPasskeys, makePasskey } from './passkey'
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

/** One's passkeys: listing, adding by password and touch, removing. */
export function usePasskeys() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['passkeys'], query: api.passkeys })
  const passkeys = computed(() => query.data.value?.items)
  const renew = () => cache.invalidateQueries({ key: ['passkeys'] })
  const add = useMutation({
    mutation: async ({ name, password }: { name: string; password: string }) => {
      const { options } = await api.passkeyOptions(password)
      return api.addPasskey(name, await makePasskey(options))
    },
    onSettled: renew,
  })
  const remove = useMutation({ mutation: api.removePasskey, onSettled: renew })
  return {
    passkeys, state: computed(() => panelState({ data: passkeys.value, error: query.error.value })), retry: () => query.refetch(),
    add: add.mutateAsync, remove: remove.mutateAsync, isWorking: computed(() => add.isLoading.value), isPossible: hasPasskeys(),
    problem: computed(() => faultWords(add.error.value ?? remove.error.value)),
  }
}

function faultWords(fault: unknown): string {
  if (!fault) return ''
  return fault instanceof DOMException ? people.profile.untouched : problemWords(fault)
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
