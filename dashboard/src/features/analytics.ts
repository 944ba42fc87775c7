/** The five analyses: one request, read section by section. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import type { Analytics, Block, Section } from '../api/shapes'
import { panelState } from './panel'

const ANALYTICS_KEY = ['analytics']

export function useAnalytics() {
  const query = useQuery<Analytics>({ key: ANALYTICS_KEY, query: api.analytics, staleTime: 60_000 })

  function section<S extends Section>(name: S) {
    const block = computed(() => query.data.value?.sections[name] as Block<S> | null | undefined)
    const state = computed(() => panelState({ data: block.value, error: query.error.value, retry: () => query.refetch() }))
    const data = computed(() => block.value?.data as Block<S>['data'] | undefined)
    return { block, state, data }
  }

  return {
    analytics: query.data,
    healthTrends: section('health_trends'),
    demographics: section('demographics'),
    associations: section('associations'),
    patientVolume: section('patient_volume'),
    illnessSurge: section('illness_surge'),
  }
}

/** The words for conditions that the hospital already uses, for suggestions while typing. */
export function useKnownConditions() {
  const query = useQuery<Analytics>({ key: ANALYTICS_KEY, query: api.analytics, staleTime: 60_000 })
  return computed(() => {
    const sections = query.data.value?.sections
    const names = [
      ...(sections?.illness_surge?.data.conditions ?? []).map((row) => row.condition),
      ...(sections?.health_trends?.data.seasonality ?? []).map((row) => row.condition),
    ]
    return [...new Set(names)].sort()
  })
}
