/** Whether the installation can work: its own readiness answer. */
import { useIntervalFn } from '@vueuse/core'
import * as api from '../api'
import { office } from '../text/office'
import { usePanel } from './panel'

export function useHealth() {
  const { data: health, state } = usePanel({ key: ['health'], query: api.ready, staleTime: 5_000 })
  useIntervalFn(() => state.value.retry?.(), 15_000)
  return { health, state }
}

export interface HealthLine {
  name: string
  role: string
  state: string
  isGood: boolean
}

/** One line for each service that the readiness answer names, and one for the pipeline once it is known. */
export function healthLines(health: api.Readiness, pipeline?: api.SystemHealth['pipeline']): HealthLine[] {
  const t = office.system
  const line = (key: keyof typeof t.services, state: keyof typeof t.states): HealthLine =>
    ({ ...t.services[key], state: t.states[state], isGood: state === 'ready' })
  const hasModel = health.model_version !== null
  return [
    line('database', health.database),
    line('valkey', health.valkey),
    line('model_registry', health.model_registry),
    { ...t.services.model, state: hasModel ? t.modelVersion(health.model_version ?? 0) : t.noModel, isGood: hasModel },
    ...(pipeline ? [line('pipeline', pipeline)] : []),
  ]
}
