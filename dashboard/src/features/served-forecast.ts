/** The forecast that is served of all registrations, and sections that are not published yet. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'

const isNotPublished = (error: unknown) => error instanceof api.ApiProblem && error.code === 'not_published'

/** A section that the pipeline has not published yet is nothing to show, not a fault. */
export async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (isNotPublished(error)) return null
    throw error
  }
}

/** The forecast of all registrations as published, for the record that stands beside its chart. */
export function useServedForecast() {
  const query = useQuery({ key: ['analytics', 'forecasts'], query: () => orNull(api.forecasts()), staleTime: 60_000 })
  return computed(() => query.data.value?.series.find((one) => one.series_id === 'all'))
}
