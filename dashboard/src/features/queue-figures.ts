/** How the queues did: who left unseen, who waited past the target, whether groups wait alike. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { text } from '../text/general'
import { sexWord } from './charts'
import { panelState } from './panel'

/** «sex female», «age 20-39» in the words of the page. */
export function groupWords(group: string): string {
  const [kind = '', value = ''] = group.split(' ')
  if (kind === 'sex') return `${text.field.sex}: ${sexWord(value)}`
  return kind === 'age' ? `${text.field.age_years}: ${sexWord(value).replace('-', '–')}` : group
}

export function useQueueFigures() {
  const query = useQuery({ key: ['queue-figures'], query: api.queueFigures })
  const figures = query.data
  return {
    figures, retry: () => query.refetch(),
    state: computed(() => panelState({ data: figures.value, error: query.error.value, isEmpty: figures.value?.queues.length === 0 })),
  }
}
