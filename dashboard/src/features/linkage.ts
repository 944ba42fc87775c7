/** Patients who may be one person: at the desk, and on the stewards' list. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref, type Ref } from 'vue'
import * as api from '../api'
import * as fmt from '../fmt'
import { linkage as english } from '../text/en/linkage'
import { linkage } from '../text/linkage'
import { panelState } from './panel'
import { problemWords } from './problem-words'
import type { DataTable } from './table'

export type { ContributionView as Contribution, PersonMatch, PairView as PatientPair } from '../api'

/** Whom the entered person may be; asked when the server says that there is somebody. */
export function useMatches(question: Ref<api.MatchQuestion>) {
  const query = useQuery({ key: () => ['matches', JSON.stringify(question.value)], query: () => api.findMatches(question.value), staleTime: 0 })
  const matches = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: matches.value, error: query.error.value }))
  return { matches, state, retry: () => query.refetch() }
}

export function usePairs() {
  const cache = useQueryCache()
  const status = ref('open')
  const query = useQuery({ key: () => ['patient-pairs', status.value], query: () => api.patientPairs(status.value as api.PairStatus) })
  const page = computed(() => query.data.value)
  const decide = useMutation({
    mutation: ({ pair, decision }: { pair: api.PairView; decision: api.PairDecision['decision'] }) => api.decidePair(pair, decision),
    onSettled: () => cache.invalidateQueries({ key: ['patient-pairs'] }),
  })
  return {
    status, page, state: computed(() => panelState({ data: page.value, error: query.error.value, isEmpty: page.value?.items.length === 0 })),
    retry: () => query.refetch(), decide: decide.mutateAsync, isDeciding: computed(() => decide.isLoading.value),
    problem: computed(() => (decide.error.value ? problemWords(decide.error.value) : '')),
  }
}

/** Nothing is certain: past the last figure that is written it says so. */
const MOST = 0.999

export function probabilityWords(share: number): string {
  return share > MOST ? linkage.overProbable(fmt.percent(MOST, 1)) : linkage.probability(fmt.percent(share, 1))
}

export function pairsTable(pairs: readonly api.PairView[]): DataTable {
  const names = Object.keys(english.fields) as (keyof typeof english.fields)[]
  return {
    columns: ['first_id', 'second_id', 'state', 'probability', 'bits', ...names.map((name) => english.fields[name])],
    rows: pairs.map((pair) => [
      pair.first_id, pair.second_id, pair.state, pair.probability, pair.bits,
      ...names.map((name) => pair.contributions.find((part) => part.field === name)?.bits ?? null),
    ]),
  }
}
