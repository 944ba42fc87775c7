/** Decide otherwise than an assessment. */
import { useMutation } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { problemWords } from './problem-words'

export type OverrideLevel = api.NewOverride['level']
export type OverrideReason = api.NewOverride['reason']
export const LEVELS: readonly OverrideLevel[] = ['low', 'moderate', 'high', 'critical']
export const REASONS: readonly OverrideReason[] = [
  'bedside_impression', 'known_history', 'doubtful_measurement', 'missing_information', 'other',
]

export function useOverride() {
  const { mutate, data, error, isLoading } = useMutation({ mutation: (wish: api.NewOverride) => api.overrideRisk(wish) })
  return {
    decide: mutate,
    decided: data,
    isSaving: isLoading,
    problem: computed(() => (error.value ? problemWords(error.value) : '')),
  }
}
