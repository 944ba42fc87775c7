/** Who answers for the models: card, requests of two people, history of the champion, monitoring. */
import { computed } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'

export type { CardAttribute, PromotionWish, ReignView, ModelLook } from '../api'

export function useCard(version: () => number) {
  const { data: card, state } = usePanel({ key: () => ['models', 'card', version()], query: () => api.modelCard(version()) })
  return { card, state }
}

export function useSign() {
  return useChange(
    ({ owner, statements }: { owner: string; statements: Record<string, string> }) => api.signStatements(owner, statements), [['models']])
}

export function useRequests() {
  const { items: requests, state } = useListPanel({ key: ['models', 'requests'], query: api.promotionRequests })
  const decision = useChange(
    ({ id, isApproved }: { id: number; isApproved: boolean }): Promise<unknown> => (isApproved ? api.confirmPromotion(id) : api.closePromotion(id)),
    [['models']])
  return { requests, state, decision }
}

/** Every move, and what was champion at a moment (a local date and time; now when empty). */
export function useHistory(at: () => string) {
  const { page: history, state } = useListPanel({
    key: () => ['models', 'history', at()],
    query: () => api.championHistory(at() ? new Date(at()).toISOString() : undefined),
  })
  return { history, state }
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
  const { items, state } = useListPanel({ key: ['models', 'monitoring'], query: api.modelLooks })
  const look = computed(() => items.value?.[0])
  const report = computed(() => look.value?.report as unknown as LookReport | undefined)
  return { look, report, state }
}
