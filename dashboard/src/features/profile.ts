/** One's own account: second factor, sessions, tokens. */
import { computed } from 'vue'
import * as api from '../api'
import { people } from '../text/people'
import { useChange } from './change'
import { usePanel } from './panel'
import { hasPasskeys, makePasskey } from './passkey'
import { problemWords } from './problem-words'
import { useSession } from './session'

export function useProfile() {
  const mfa = usePanel({ key: ['mfa'], query: api.mfaState })
  const sessions = usePanel({ key: ['sessions'], query: api.sessions })
  const tokens = usePanel({ key: ['tokens'], query: api.tokens })
  return {
    mfa,
    sessions: { items: computed(() => sessions.data.value?.items), state: sessions.state },
    tokens: { items: computed(() => tokens.data.value?.items), scopes: computed(() => tokens.data.value?.allowed_scopes ?? []), state: tokens.state },
    ending: useChange(api.endSession, [['sessions']]),
    revoking: useChange(api.revokeToken, [['tokens']]),
    /** Its answer holds the token, which is shown once, right after it was made. */
    making: useChange(({ name, scope }: { name: string; scope: string }) => api.createToken(name, [scope]), [['tokens']]),
  }
}

/** One's passkeys: listing, adding by password and touch, removing. */
export function usePasskeys() {
  const { data, state } = usePanel({ key: ['passkeys'], query: api.passkeys })
  const adding = useChange(async ({ name, password }: { name: string; password: string }) => {
    const { options } = await api.passkeyOptions(password)
    return api.addPasskey(name, await makePasskey(options))
  }, [['passkeys']])
  const removing = useChange(api.removePasskey, [['passkeys']])
  return {
    passkeys: computed(() => data.value?.items), state, adding, removing, isPossible: hasPasskeys(),
    problem: computed(() => faultWords(adding.error.value ?? removing.error.value)),
  }
}

function faultWords(fault: unknown): string {
  if (!fault) return ''
  return fault instanceof DOMException ? people.profile.untouched : problemWords(fault)
}

/** Proof of one's profession: what was handed in, and handing in another document. */
export function useProof() {
  const session = useSession()
  const { data, state } = usePanel({ key: ['own-documents'], query: api.ownDocuments })
  const upload = useChange(
    ({ file, role }: { file: File; role: api.ProvenRole }) => api.uploadDocument(session.user?.user_id ?? '', file, role), [['own-documents']])
  return { documents: computed(() => data.value?.items), state, upload }
}
