/** One validation run with the outcome of each rule. */
import * as api from '../api'
import { usePanel } from './panel'

export function useValidationRun(id: string) {
  const { data: run, state } = usePanel({ key: ['validation-run', id], query: () => api.validationRun(id), staleTime: Infinity })
  return { run, state }
}
