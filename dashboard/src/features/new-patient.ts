/** Enter a person whom the hospital does not know yet; a likely double is said before it is made. */
import { computed, reactive } from 'vue'
import * as api from '../api'
import { useChange } from './change'

const BLANK = { given_name: '', family_name: '', birth_date: '', sex: 'unknown' as 'female' | 'male' | 'other' | 'unknown', phone: '' }

export function useNewPatient() {
  const values = reactive({ ...BLANK })
  const person = computed(() => ({
    given_name: values.given_name, family_name: values.family_name, sex: values.sex,
    ...(values.birth_date ? { birth_date: values.birth_date } : {}), ...(values.phone ? { phone: values.phone } : {}),
  }))
  const entry = useChange((isNewPerson: boolean) => api.enterPatient({ ...person.value, is_new_person: isNewPerson }), [['patients']])
  return {
    values,
    person,
    entry,
    isDouble: computed(() => entry.error.value instanceof api.ApiProblem && entry.error.value.code === 'possible_duplicate'),
    clear: () => { Object.assign(values, BLANK); entry.forget() },
  }
}
