/** Whether the installation can work: its own readiness answer. */
import { useQuery } from '@pinia/colada'
import { useIntervalFn } from '@vueuse/core'
import { computed } from 'vue'
import * as api from '../api'
import { text } from '../text/en'
import { panelState } from './panel'

export function useHealth() {
  const query = useQuery({ key: ['health'], query: api.ready, staleTime: 5_000 })
  useIntervalFn(() => void query.refetch(), 15_000)
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value }))
  return { health: query.data, state, retry: () => query.refetch() }
}

export interface HealthLine {
  name: string
  role: string
  state: string
  isGood: boolean
}

/** One line for each service that the readiness answer names. */
export function healthLines(health: api.Readiness): HealthLine[] {
  const t = text.system
  const line = (key: 'database' | 'valkey' | 'model_registry'): HealthLine =>
    ({ ...t.services[key], state: t.states[health[key]], isGood: health[key] === 'ready' })
  const hasModel = health.model_version !== null
  return [
    line('database'),
    line('valkey'),
    line('model_registry'),
    { ...t.services.model, state: hasModel ? t.modelVersion(health.model_version ?? 0) : t.noModel, isGood: hasModel },
  ]
}
