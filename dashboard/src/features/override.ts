/** Decide otherwise than an assessment. */
import * as api from '../api'
import { useChange } from './change'

export type OverrideLevel = api.NewOverride['level']
export type OverrideReason = api.NewOverride['reason']
export const LEVELS: readonly OverrideLevel[] = ['low', 'moderate', 'high', 'critical']
export const REASONS: readonly OverrideReason[] = [
  'bedside_impression', 'known_history', 'doubtful_measurement', 'missing_information', 'other',
]

export function useOverride() {
  return useChange((wish: api.NewOverride) => api.overrideRisk(wish))
}
