/** How the queues did: who left unseen, who waited past the target, whether groups wait alike. */
import * as api from '../api'
import { text } from '../text/general'
import { usePanel } from './panel'

/** «sex female», «age 20-39» in the words of the page. */
export function groupWords(group: string): string {
  const [kind = '', value = ''] = group.split(' ')
  const said = (text.field.sexes as Readonly<Record<string, string>>)[value]?.toLowerCase() ?? value.replace('-', '–')
  if (kind === 'sex') return `${text.field.sex}: ${said}`
  return kind === 'age' ? `${text.field.age_years}: ${said}` : group
}

export function useQueueFigures() {
  const { data: figures, state } = usePanel({ key: ['queue-figures'], query: api.queueFigures }, (answer) => answer.queues.length === 0)
  return { figures, state }
}
