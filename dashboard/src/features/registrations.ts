/** Register a visit: a new raw row of the hospital. The live connection tells every screen, this one too. */
import { computed } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { serverFaults } from './field-faults'

export function useRegistration() {
  const registration = useChange((row: api.Fields) => api.register(row))
  return { registration, faults: computed(() => serverFaults(registration.error.value)) }
}
