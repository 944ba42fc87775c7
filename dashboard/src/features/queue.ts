/** Queues: who waits, calling the next, moving on. The live connection renews all of it. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { useIntervalFn } from '@vueuse/core'
import { computed, ref, watch, type Ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export type { Disposition, QueueEntry, QueuePosition, QueueSummary } from '../api'

/** Where a patient goes when a visit is completed. */
export const DISPOSITIONS: readonly api.Disposition[] = ['discharged', 'admitted', 'transferred']

export function useQueues() {
  const query = useQuery({ key: ['queues'], query: api.queues })
  const queues = computed(() => query.data.value?.items)
  return { queues, state: computed(() => panelState({ data: queues.value, error: query.error.value, isEmpty: queues.value?.length === 0 })) }
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
  const query = useQuery({ key: () => ['queue-entries', queueId.value], query: () => api.queueEntries(queueId.value), enabled: () => queueId.value !== '' })
  const entries = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: entries.value, error: query.error.value, isEmpty: entries.value?.length === 0 }))
  return { entries, state, retry: () => query.refetch() }
}

export function useMyCalls() {
  const query = useQuery({ key: ['my-calls'], query: api.myCalls })
  const calls = computed(() => query.data.value?.items)
  return { calls, state: computed(() => panelState({ data: calls.value, error: query.error.value, isEmpty: calls.value?.length === 0 })) }
}

export function useQueueActs(queueId: Ref<string>) {
  const cache = useQueryCache()
  const problem = ref('')
  const renew = () => Promise.all(['queues', 'queue-entries', 'my-calls'].map((key) => cache.invalidateQueries({ key: [key] })))
  const { mutateAsync, isLoading } = useMutation({ mutation: (act: () => Promise<unknown>) => act() })

  /** Do one act, say what went wrong if it did, and read again either way. */
  async function run<T>(act: () => Promise<T>): Promise<T | undefined> {
    problem.value = ''
    try {
      return (await mutateAsync(act)) as T
    } catch (failure) {
      problem.value = problemWords(failure)
      return undefined
    } finally {
      await renew().catch(() => undefined)
    }
  }

  return {
    problem,
    isBusy: isLoading,
    callNext: (desk: string) => run(() => api.callNext(queueId.value, desk)),
    move: (entry: api.QueueEntry, to: api.QueueEntry['state'], disposition?: api.Disposition) => run(() => api.moveEntry(entry.entry_id, to, disposition)),
    undo: (entry: api.QueueEntry) => run(() => api.undoMove(entry.entry_id)),
    join: (body: Parameters<typeof api.joinQueue>[1]) => run(() => api.joinQueue(queueId.value, body)),
  }
}

export function useWall(queueId: Ref<string>) {
  const query = useQuery({ key: () => ['wall', queueId.value], query: () => api.wall(queueId.value), enabled: () => queueId.value !== '' })
  return { wall: query.data }
}

/** How the waits that were told came true. */
export function useToldWaits() {
  const query = useQuery({ key: ['told-waits'], query: api.toldWaits })
  const told = computed(() => query.data.value)
  const state = computed(() => panelState({ data: told.value, error: query.error.value, isEmpty: told.value?.overall.told_count === 0 }))
  return { told, state, retry: () => query.refetch() }
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
