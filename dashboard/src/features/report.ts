/** The report of one's role as PDF, made by the server and saved as a file. */
import { useMutation } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { problemWords } from './problem-words'
import { useSession } from './session'
import { downloadFile } from './table'

export function useReport() {
  const session = useSession()
  const { mutate, error, isLoading } = useMutation({
    mutation: async () => {
      const role = session.user?.role
      if (!role || role === 'patient') return
      downloadFile(await api.report(role), `${role}-${new Date().toISOString().slice(0, 10)}.pdf`)
    },
  })
  return {
    make: () => mutate(),
    isMaking: isLoading,
    problem: computed(() => (error.value ? problemWords(error.value) : '')),
  }
}
