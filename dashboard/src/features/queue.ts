/** Queues: who waits, calling the next, moving on. The live connection renews all of it. */
import { useQuery } from '@pinia/colada'
import { useIntervalFn } from '@vueuse/core'
import { computed, ref, watch, type Ref } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'

export type { Disposition, QueueEntry, QueuePosition, QueueSummary } from '../api'

/** Where a patient goes when a visit is completed. */
export const DISPOSITIONS: readonly api.Disposition[] = ['discharged', 'admitted', 'transferred']

export function useQueues(isWanted: () => boolean = () => true) {
  const { items: queues, state } = useListPanel({ key: ['queues'], query: api.queues, enabled: isWanted })
  return { queues, state }
}

/** The queue somebody works at: the fullest one at first, afterwards only what they choose; a line never changes under the hand. */
export function useChosenQueue(queues: Readonly<Ref<api.QueueSummary[] | undefined>>) {
  const queueId = ref('')
  const chosen = computed(() => queues.value?.find((one) => one.queue_id === queueId.value))
  const options = computed(() => queues.value?.map((one) => ({ value: one.queue_id, label: `${one.name} (${one.waiting_count})` })) ?? [])
  watch(queues, (known) => {
    if (!chosen.value) queueId.value = [...(known ?? [])].sort((a, b) => (b.waiting_count ?? 0) - (a.waiting_count ?? 0))[0]?.queue_id ?? ''
  }, { immediate: true })
  return { queueId, chosen, options }
}

export function useEntries(queueId: Ref<string>) {
  const { items: entries, state } = useListPanel({
    key: () => ['queue-entries', queueId.value], query: () => api.queueEntries(queueId.value), enabled: () => queueId.value !== '',
  })
  return { entries, state }
}

export function useMyCalls() {
  const { items: calls, state } = useListPanel({ key: ['my-calls'], query: api.myCalls })
  return { calls, state }
}

export function useQueueActs(queueId: Ref<string>) {
  const change = useChange((act: () => Promise<unknown>) => act(), [['queues'], ['queue-entries'], ['my-calls']])
  const run = <T>(act: () => Promise<T>) => change.run(act) as Promise<T | undefined>
  return {
    problem: change.problem,
    isBusy: change.isBusy,
    callNext: (desk: string) => run(() => api.callNext(queueId.value, desk)),
    move: (entry: api.QueueEntry, to: api.QueueEntry['state'], disposition?: api.Disposition) => run(() => api.moveEntry(entry.entry_id, to, disposition)),
    undo: (entry: api.QueueEntry) => run(() => api.undoMove(entry.entry_id)),
    join: (body: Parameters<typeof api.joinQueue>[1]) => run(() => api.joinQueue(queueId.value, body)),
  }
}

export function useWall(queueId: Ref<string>) {
  const { data: wall, state } = usePanel({
    key: () => ['wall', queueId.value], query: () => api.wall(queueId.value), enabled: () => queueId.value !== '',
  })
  return { wall, state }
}

/** How the waits that were told came true. */
export function useToldWaits() {
  const { data: told, state } = usePanel({ key: ['told-waits'], query: api.toldWaits }, (answer) => answer.overall.told_count === 0)
  return { told, state }
}

/** A patient's own places; patients have no live connection, so it is asked for every ten seconds. */
export function useMyPlaces() {
  const query = useQuery({ key: ['my-places'], query: api.myPlaces })
  useIntervalFn(() => void query.refetch().catch(() => undefined), 10_000)
  return { places: computed(() => query.data.value?.items ?? []) }
}

/** The present, once every ten seconds, for clocks on a page. */
export function useNow() {
  const now = ref(Date.now())
  useIntervalFn(() => { now.value = Date.now() }, 10_000)
  return now
}

/** What may be done with an entry in each state. */
export const ACTS: Readonly<Partial<Record<api.QueueEntry['state'], readonly ('in_service' | 'completed' | 'left' | 'waiting')[]>>> = {
  waiting: ['left'],
  called: ['in_service', 'left', 'waiting'],
  in_service: ['completed', 'waiting'],
}

/** Place in line of each entry that waits. */
export function placesOf(entries: readonly api.QueueEntry[]): ReadonlyMap<string, number> {
  return new Map(entries.filter((one) => one.state === 'waiting').map((one, index) => [one.entry_id, index + 1]))
}

/** Milliseconds past the target; negative while there is time. */
export function overdueOf(entry: api.QueueEntry, now: number): number {
  return now - Date.parse(entry.due_at)
}
