/** Assess one patient's risk. */
import { computed } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { serverFaults } from './field-faults'

export type { RiskAssessment } from '../api'

export function useRiskAssessment() {
  const assessing = useChange((features: api.Fields) => api.assessRisk(features))
  return { assessing, faults: computed(() => serverFaults(assessing.error.value)) }
}
