/** What a clinic chooses for its queue. */
import * as api from '../api'
import { useChange } from './change'

export interface QueueWish {
  scale: string
  targets: string
  dayEnd: string
  zone: string
}

/** The server says when they are not five whole numbers that rise. */
type FiveTimes = [number, number, number, number, number]

/** The body of a change: a new scale brings its own times unless they were changed too. */
export function queueChange(queue: Pick<api.QueueSummary, 'acuity_scale' | 'target_minutes'>, wish: QueueWish): api.QueueChange {
  const isSame = wish.targets === queue.target_minutes.join(', ')
  return {
    acuity_scale: wish.scale as api.QueueSummary['acuity_scale'],
    ...(isSame ? {} : { target_minutes: wish.targets.split(/[\s,]+/).filter(Boolean).map(Number) as FiveTimes }),
    day_ends_local: wish.dayEnd === '' ? null : `${wish.dayEnd}:00`,
    time_zone: wish.zone,
  }
}

export function useQueueSettings() {
  return useChange(
    ({ queue, wish }: { queue: api.QueueSummary; wish: QueueWish }) => api.configureQueue(queue, queueChange(queue, wish)),
    [['queues'], ['queue-entries']])
}
