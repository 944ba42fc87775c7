/** Register a visit: a new raw row of the hospital. The live connection tells every screen, this one too. */
import { useMutation } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { serverFaults } from './field-faults'
import { problemWords } from './problem-words'

export function useRegistration() {
  const { mutateAsync, data, error, isLoading } = useMutation({
    mutation: (row: api.Fields) => api.register(row),
  })
  return {
    register: mutateAsync,
    registered: data,
    isSending: isLoading,
    problem: computed(() => (error.value ? problemWords(error.value) : '')),
    faults: computed(() => (error.value instanceof api.ApiProblem ? serverFaults(error.value.fields, error.value.limits) : {})),
  }
}
