/** Assess one patient's risk. */
import { useMutation } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { serverFaults } from './field-faults'
import { problemWords } from './problem-words'

export type { RiskAssessment } from '../api'

export function useRiskAssessment() {
  const { mutate, data, error, isLoading } = useMutation({ mutation: (features: api.Fields) => api.assessRisk(features) })
  return {
    assess: mutate,
    assessment: data,
    isAssessing: isLoading,
    problem: computed(() => (error.value ? problemWords(error.value) : '')),
    faults: computed(() => (error.value instanceof api.ApiProblem ? serverFaults(error.value.fields, error.value.limits) : {})),
  }
}
