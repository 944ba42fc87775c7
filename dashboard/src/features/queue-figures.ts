/** How the queues did: who left unseen, who waited past the target, whether groups wait alike. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { panelState } from './panel'

export function useQueueFigures() {
  const query = useQuery({ key: ['queue-figures'], query: api.queueFigures })
  const figures = query.data
  return {
    figures, retry: () => query.refetch(),
    state: computed(() => panelState({ data: figures.value, error: query.error.value, isEmpty: figures.value?.queues.length === 0 })),
  }
}
