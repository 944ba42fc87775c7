/**
 * Who is signed in. Belongs here: the session and how it begins and ends. Does not belong here: what a role may open
 * (roles.ts).
 */
import { useQueryCache } from '@pinia/colada'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as api from '../api'
import type { User } from '../api'
import { settleLanguage } from './language'
import { usePasskey } from './passkey'

export type { Role, User } from '../api'

export const useSession = defineStore('session', () => {
  const cache = useQueryCache()
  const user = ref<User | null>(null)
  /** Whether the server has been asked who this is. */
  const isKnown = ref(false)
  const isSignedIn = computed(() => user.value !== null)

  /** Ask the server who holds this browser's session. Nobody is an answer, not a failure. */
  async function load(): Promise<void> {
    try {
      const found = await api.me()
      // Nothing more happens on a page that is being loaded again in another language.
      if (await settleLanguage(found)) await new Promise(() => undefined)
      user.value = found
    } catch (problem) {
      user.value = null
      if (!(problem instanceof api.ApiProblem)) throw problem
    }
    isKnown.value = true
  }

  /** Sign in; what is still missing: nothing, a code, a code or a passkey, or an authenticator to be set up first. */
  async function signIn(email: string, password: string): Promise<'done' | 'code' | 'passkey' | 'enrol'> {
    const answer = await api.login(email, password)
    if ('mfa_required' in answer) {
      if (answer.enrolment_required) return 'enrol'
      return answer.has_passkey ? 'passkey' : 'code'
    }
    await load()
    return 'done'
  }

  /** Finish a sign-in by touching a passkey. */
  async function confirmByPasskey(): Promise<void> {
    const { options } = await api.passkeyStepOptions()
    await api.confirmPasskey(await usePasskey(options))
    await load()
  }

  /** Finish a sign-in; recovery codes come with the very first code, and are shown before the session is entered. */
  async function confirm(code: string): Promise<string[]> {
    const answer = await api.confirmMfa(code)
    if (!answer.recovery_codes) await load()
    return answer.recovery_codes ?? []
  }

  async function signOut(): Promise<void> {
    await api.logout()
    forget()
  }

  /** Nobody is signed in any more, and nothing that was read for one person stays for the next one at this screen. */
  function forget(): void {
    user.value = null
    for (const entry of cache.getEntries()) cache.remove(entry)
  }

  return { user, isKnown, isSignedIn, load, signIn, confirm, confirmByPasskey, signOut, forget }
})
