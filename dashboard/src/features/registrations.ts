/** Register a visit: a new raw row of the hospital. */
import { useMutation, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { problemWords } from './problem-words'

export function useRegistration() {
  const cache = useQueryCache()
  const { mutateAsync, data, error, isLoading } = useMutation({
    mutation: (row: api.Fields) => api.register(row),
    onSuccess: () => cache.invalidateQueries({ key: ['realtime'] }),
  })
  return {
    register: mutateAsync,
    registered: data,
    isSending: isLoading,
    problem: computed(() => (error.value ? problemWords(error.value) : '')),
    faults: computed(() => (error.value instanceof api.ApiProblem ? error.value.fields : {})),
  }
}
