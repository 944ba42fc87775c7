/**
 * The state of one panel, in the shape that PanelCard shows, and the query behind it.
 * Belongs here: loading, error, empty, stale, trying again. Does not belong here: what is inside the panel.
 */
import { useQuery, type UseQueryOptions } from '@pinia/colada'
import { computed } from 'vue'
import { problemWords } from './problem-words'

export interface PanelState {
  status: 'loading' | 'error' | 'empty' | 'ready'
  /** With `error`: what happened, in words. */
  problem: string
  /** Data are shown, but the last attempt to renew them failed. */
  isStale: boolean
  /** Ask again; a panel that asks for nothing has none. */
  retry?: (() => unknown) | undefined
}

/** Of a panel that asks for nothing. */
export const READY: PanelState = { status: 'ready', problem: '', isStale: false }

interface Asked {
  data: unknown
  error: unknown
  isEmpty?: boolean | undefined
  retry?: (() => unknown) | undefined
}

/** Judge a query: old data stay on screen when renewing them fails. */
export function panelState({ data, error, isEmpty, retry }: Asked): PanelState {
  if (data === undefined || data === null) {
    if (error) return { status: 'error', problem: problemWords(error), isStale: false, retry }
    return { status: data === null ? 'empty' : 'loading', problem: '', isStale: false, retry }
  }
  return { status: isEmpty ? 'empty' : 'ready', problem: '', isStale: Boolean(error), retry }
}

/** A query and the state of its panel. Without `isEmpty` an answer is never empty: the panel says itself what is missing. */
export function usePanel<T>(options: UseQueryOptions<T>, isEmpty: (answer: NonNullable<T>) => boolean = () => false) {
  const { data, error, refetch } = useQuery(options)
  const answer = computed(() => data.value as T | undefined)
  const state = computed(() => panelState({
    data: answer.value, error: error.value, isEmpty: answer.value != null && isEmpty(answer.value), retry: () => refetch(),
  }))
  return { data: answer, state }
}

/** The same of an answer that is a list; `page` is the whole answer, `items` its rows. */
export function useListPanel<Page extends { items: readonly unknown[] }>(options: UseQueryOptions<Page>) {
  const { data: page, state } = usePanel(options, (answer) => answer.items.length === 0)
  return { page, items: computed((): Page['items'] | undefined => page.value?.items), state }
}
