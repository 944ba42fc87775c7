/** Patients who may be one person: at the desk, and on the stewards' list. */
import { ref, type Ref } from 'vue'
import * as api from '../api'
import * as fmt from '../fmt'
import { linkage as english } from '../text/en/linkage'
import { linkage } from '../text/linkage'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'
import type { DataTable } from './table'

export type { ContributionView as Contribution, PersonMatch } from '../api'

/** Whom the entered person may be; asked when the server says that there is somebody. */
export function usePersonMatches(question: Ref<api.MatchQuestion>) {
  const { items: matches, state } = useListPanel({
    key: () => ['person-matches', JSON.stringify(question.value)], query: () => api.findMatches(question.value), staleTime: 0,
  })
  return { matches, state }
}

export function usePairs() {
  const status = ref('open')
  const { data: page, state } = usePanel({ key: () => ['patient-pairs', status.value], query: () => api.patientPairs(status.value as api.PairStatus) })
  const decision = useChange(
    ({ pair, decision }: { pair: api.PairView; decision: api.PairDecision['decision'] }) => api.decidePair(pair, decision), [['patient-pairs']])
  return { status, page, state, decision }
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
