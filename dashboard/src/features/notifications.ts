/** What the pipeline tells: failed checks and runs, late data, and which of it is new to this person. */
import { useQuery } from '@pinia/colada'
import { useIntervalFn } from '@vueuse/core'
import { computed } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import type { Role } from './session'

export type { NotificationView } from '../api'

const READERS: readonly Role[] = ['steward', 'admin', 'ml_engineer']

/** Whether a role mends the pipeline, and so has the bell. */
export const hasBell = (role: Role): boolean => READERS.includes(role)

export function useNotifications() {
  const query = useQuery({ key: ['notifications'], query: api.notifications })
  useIntervalFn(() => void query.refetch(), 60_000)
  const items = computed(() => query.data.value?.items ?? [])
  const unread = computed(() => query.data.value?.unread ?? 0)
  const reading = useChange((id: number) => api.readNotificationsUpTo(id), [['notifications']])
  /** Mark all that are shown as read; what came since stays new. */
  const readAll = async () => {
    const newest = items.value[0]
    if (newest) await reading.run(newest.notification_id)
  }
  return { items, unread, hasFailed: computed(() => Boolean(query.error.value)), readAll, isReading: reading.isBusy }
}
