/** The form of the sign-in: its fields, its two steps, its failure in words. */
import { ref } from 'vue'
import { ApiProblem, enrolMfa } from '../api'
import type { EnrolmentView } from '../api'
import { text } from '../text/en'
import { problemWords } from './problem-words'
import { useSession } from './session'

export function useSignIn() {
  const session = useSession()
  const email = ref('')
  const password = ref('')
  const code = ref('')
  const needsCode = ref(false)
  /** Set while an authenticator is being set up. */
  const enrolment = ref<EnrolmentView>()
  /** Shown once, after the first code. */
  const recoveryCodes = ref<string[]>([])
  const isWorking = ref(false)
  const problem = ref('')

  /** True when the person is signed in. */
  async function submit(): Promise<boolean> {
    isWorking.value = true
    problem.value = ''
    try {
      if (recoveryCodes.value.length) await session.load()
      else if (needsCode.value) recoveryCodes.value = await session.confirm(code.value)
      else {
        const missing = await session.signIn(email.value, password.value)
        needsCode.value = missing !== 'done'
        if (missing === 'enrol') enrolment.value = await enrolMfa()
      }
      return session.isSignedIn
    } catch (fault) {
      const isRefused = fault instanceof ApiProblem && [401, 403, 422].includes(fault.status)
      problem.value = isRefused ? (needsCode.value ? text.login.refusedCode : text.login.refused) : problemWords(fault)
      return false
    } finally {
      isWorking.value = false
    }
  }

  return { email, password, code, needsCode, enrolment, recoveryCodes, isWorking, problem, submit }
}
