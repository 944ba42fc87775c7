/** The form of the sign-in: its fields, its two steps, its failure in words. */
import { ref } from 'vue'
import { ApiProblem, enrolMfa, openAccount } from '../api'
import type { EnrolmentView } from '../api'
import { entrance } from '../text/entrance'
import { hasPasskeys } from './passkey'
import { problemWords } from './problem-words'
import { useSession } from './session'

export function useSignIn() {
  const session = useSession()
  const email = ref('')
  const password = ref('')
  const code = ref('')
  const needsCode = ref(false)
  const hasPasskey = ref(false)
  /** Set while an authenticator is being set up. */
  const enrolment = ref<EnrolmentView>()
  /** Shown once, after the first code. */
  const recoveryCodes = ref<string[]>([])
  /** A patient opens an account instead of signing in. */
  const isNew = ref(false)
  const name = ref('')
  const isWorking = ref(false)
  const problem = ref('')

  /** True when the person is signed in. */
  async function submit(): Promise<boolean> {
    isWorking.value = true
    problem.value = ''
    try {
      if (recoveryCodes.value.length) await session.load()
      else if (isNew.value) {
        await openAccount(email.value, name.value, password.value)
        await session.load()
      } else if (needsCode.value) recoveryCodes.value = await session.confirm(code.value)
      else {
        const missing = await session.signIn(email.value, password.value)
        needsCode.value = missing !== 'done'
        hasPasskey.value = missing === 'passkey' && hasPasskeys()
        if (missing === 'enrol') enrolment.value = await enrolMfa()
      }
      return session.isSignedIn
    } catch (fault) {
      const isRefused = !isNew.value && fault instanceof ApiProblem && [401, 403, 422].includes(fault.status)
      problem.value = isRefused ? (needsCode.value ? entrance.refusedCode : entrance.refused) : problemWords(fault)
      return false
    } finally {
      isWorking.value = false
    }
  }

  /** True when the person is signed in by a passkey. */
  async function touch(): Promise<boolean> {
    isWorking.value = true
    problem.value = ''
    try {
      await session.confirmByPasskey()
    } catch (fault) {
      problem.value = fault instanceof ApiProblem && fault.status !== 403 ? problemWords(fault) : entrance.refusedPasskey
    } finally {
      isWorking.value = false
    }
    return session.isSignedIn
  }

  return { email, password, name, isNew, code, needsCode, hasPasskey, enrolment, recoveryCodes, isWorking, problem, submit, touch }
}
