/** Who answers for the models: card, requests of two people, history of the champion, monitoring. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export type { CardAttribute, PromotionWish, ReignView, ModelLook } from '../api'

export function useCard(version: () => number) {
  const query = useQuery({ key: () => ['models', 'card', version()], query: () => api.modelCard(version()) })
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value }))
  return { card: query.data, state, retry: () => query.refetch() }
}

export function useSign() {
  const cache = useQueryCache()
  const { mutateAsync, error, isLoading } = useMutation({
    mutation: ({ owner, statements }: { owner: string; statements: Record<string, string> }) => api.signStatements(owner, statements),
    onSettled: () => cache.invalidateQueries({ key: ['models'] }),
  })
  return { sign: mutateAsync, isSigning: isLoading, problem: computed(() => (error.value ? problemWords(error.value) : '')) }
}

export function useRequests() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['models', 'requests'], query: api.promotionRequests })
  const requests = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: requests.value, error: query.error.value, isEmpty: requests.value?.length === 0 }))
  const { mutateAsync, error, isLoading } = useMutation({
    mutation: ({ id, isApproved }: { id: number; isApproved: boolean }): Promise<unknown> =>
      isApproved ? api.confirmPromotion(id) : api.closePromotion(id),
    onSettled: () => cache.invalidateQueries({ key: ['models'] }),
  })
  const problem = computed(() => (error.value ? problemWords(error.value) : ''))
  return { requests, state, retry: () => query.refetch(), decide: mutateAsync, isDeciding: isLoading, problem }
}

/** Every move, and what was champion at a moment (a local date and time; now when empty). */
export function useHistory(at: () => string) {
  const query = useQuery({
    key: () => ['models', 'history', at()],
    query: () => api.championHistory(at() ? new Date(at()).toISOString() : undefined),
  })
  const history = computed(() => query.data.value)
  const state = computed(() => panelState({ data: history.value, error: query.error.value, isEmpty: history.value?.items.length === 0 }))
  return { history, state, retry: () => query.refetch() }
}

interface Live { n_predicted: number; n_outcomes: number; auroc: { value: number } | null; ece: { value: number } | null }

/** The newest waiting version, asked about the same registrations; see `ml.risk.shadow`. */
export interface Shadow { version: number; n: number; agreement: number; n_outcomes: number; accuracy_gain: { value: number; low: number; high: number } | null }

/** What a look reports; see `ml.risk.monitoring`. */
export interface LookReport {
  weeks: { starts: string; n: number; mean_probability_high: number; expected_accuracy: number; accuracy?: number | null; shifts: { name: string; psi: number; has_moved: boolean }[] }[]
  population: Live
  served: Live
  suggestions: string[]
  shadow?: Shadow | null
}

export function useLook() {
  const query = useQuery({ key: ['models', 'monitoring'], query: api.modelLooks })
  const look = computed(() => query.data.value?.items[0])
  const report = computed(() => look.value?.report as unknown as LookReport | undefined)
  const state = computed(() => panelState({ data: query.data.value, error: query.error.value, isEmpty: look.value === undefined }))
  return { look, report, state, retry: () => query.refetch() }
}
