/** The forecast that is served of all registrations, and sections that are not published yet. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'

/** What an answer has once it was published; `Always` names what is then never null. */
export type Published<T, Always extends keyof T = never> = T & { [P in Always | Extract<keyof T, 'as_of' | 'receipt'>]: NonNullable<T[P]> }

/** A section that the pipeline has not published yet is nothing to show, not a fault: its answer has no moment. */
export async function orNull<T extends { as_of: string | null }, Always extends keyof T = never>(call: Promise<T>): Promise<Published<T, Always> | null> {
  const answer = await call
  return answer.as_of === null ? null : answer as Published<T, Always>
}

/** The forecast of all registrations as published, for the record that stands beside its chart. */
export function useServedForecast() {
  const query = useQuery({ key: ['analytics', 'forecasts'], query: () => orNull(api.forecasts()), staleTime: 60_000 })
  return computed(() => query.data.value?.series.find((one) => one.series_id === 'all'))
}
