/** How the queues did: who left unseen, who waited past the target, whether groups wait alike. */
import * as api from '../api'
import { usePanel } from './panel'

export function useQueueFigures() {
  const { data: figures, state } = usePanel({ key: ['queue-figures'], query: api.queueFigures }, (answer) => answer.queues.length === 0)
  return { figures, state }
}
