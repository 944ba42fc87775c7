/** The form of the sign-in: its fields, its two steps, its failure in words. */
import { ref } from 'vue'
import { ApiProblem } from '../api'
import { text } from '../text/en'
import { problemWords } from './problem-words'
import { useSession } from './session'

export function useSignIn() {
  const session = useSession()
  const email = ref('')
  const password = ref('')
  const code = ref('')
  const needsCode = ref(false)
  const isWorking = ref(false)
  const problem = ref('')

  /** True when the person is signed in. */
  async function submit(): Promise<boolean> {
    isWorking.value = true
    problem.value = ''
    try {
      if (needsCode.value) await session.confirm(code.value)
      else needsCode.value = await session.signIn(email.value, password.value)
      return session.isSignedIn
    } catch (fault) {
      const isRefused = fault instanceof ApiProblem && [401, 403, 422].includes(fault.status)
      problem.value = isRefused ? (needsCode.value ? text.login.refusedCode : text.login.refused) : problemWords(fault)
      return false
    } finally {
      isWorking.value = false
    }
  }

  return { email, password, code, needsCode, isWorking, problem, submit }
}
