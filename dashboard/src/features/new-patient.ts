/** Enter a person whom the hospital does not know yet; a likely double is said before it is made. */
import { useMutation, useQueryCache } from '@pinia/colada'
import { computed, reactive } from 'vue'
import * as api from '../api'
import { problemWords } from './problem-words'

const BLANK = { given_name: '', family_name: '', birth_date: '', sex: 'unknown' as 'female' | 'male' | 'other' | 'unknown', phone: '' }

export function useNewPatient() {
  const cache = useQueryCache()
  const values = reactive({ ...BLANK })
  const person = computed(() => ({
    given_name: values.given_name, family_name: values.family_name, sex: values.sex,
    ...(values.birth_date ? { birth_date: values.birth_date } : {}), ...(values.phone ? { phone: values.phone } : {}),
  }))
  const { mutateAsync, error, isLoading, reset } = useMutation({
    mutation: (isNewPerson: boolean) => api.enterPatient({ ...person.value, is_new_person: isNewPerson }),
    onSettled: () => cache.invalidateQueries({ key: ['patients'] }),
  })
  return {
    values,
    person,
    enter: mutateAsync,
    isSending: isLoading,
    isDouble: computed(() => error.value instanceof api.ApiProblem && error.value.code === 'possible_duplicate'),
    problem: computed(() => (error.value ? problemWords(error.value) : '')),
    clear: () => { Object.assign(values, BLANK); reset() },
  }
}
