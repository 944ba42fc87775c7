/**
 * The live connection: messages say that something changed, the queries fetch it.
 * Belongs here: the socket, its age, the fallback. Does not belong here: what changed data look like.
 */
import { useQueryCache } from '@pinia/colada'
import { useIntervalFn, useTimeoutFn, useWebSocket } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

/** Without a message for this long, the data are fetched; past `STALE_AFTER` the header says so. */
const POLL_AFTER = 10_000
const STALE_AFTER = 15_000

/** The server counts the board of the last day once a second: sooner than this after a message it may be the old one. */
const SETTLED_AFTER = 1_100

/** Close codes of a socket whose session has ended, and of one too many: another page of this person keeps it. */
const SIGN_IN = 4401
const TOO_MANY = 4429

/**
 * Half a second, doubled each time up to 30 s, ± 20 % so that a whole ward does not come back at once.
 * A socket that was one too many opens before it is closed, so that each attempt is the first: it waits the longest.
 */
export function reconnectDelay(attempt: number, chance = Math.random(), closedBy?: number): number {
  const pause = closedBy === TOO_MANY ? 30_000 : Math.min(30_000, 500 * 2 ** (attempt - 1))
  return Math.round(pause * (0.8 + chance * 0.4))
}

/** When the server was last heard, by any way. */
export const useLive = defineStore('live', () => {
  const lastHeardAt = ref(0)
  const now = ref(Date.now())
  const isConnected = ref(false)
  const hasConnected = ref(false)
  const age = computed(() => Math.max(0, now.value - lastHeardAt.value))
  const isStale = computed(() => lastHeardAt.value > 0 && age.value > STALE_AFTER)

  function heard(): void {
    lastHeardAt.value = Date.now()
    now.value = lastHeardAt.value
  }

  return { lastHeardAt, now, isConnected, hasConnected, age, isStale, heard }
})

/** Open the connection for as long as the calling component lives. */
export function useLiveConnection(): void {
  const live = useLive()
  const cache = useQueryCache()
  // A query that cannot be renewed says so itself, where it is shown.
  const renew = (key: string) => void cache.invalidateQueries({ key: [key] }).catch(() => undefined)
  const renewOperations = () => {
    for (const key of ['queues', 'queue-entries', 'my-calls', 'wall', 'slots', 'appointments', 'wait-list']) renew(key)
  }
  /** Whatever a message would have told of, but for what the pipeline publishes. */
  const renewWork = () => {
    for (const key of ['realtime', 'shift', 'care-tasks', 'doses', 'patients']) renew(key)
    renewOperations()
  }
  const renewAll = () => {
    for (const key of ['analytics', 'notifications', 'models']) renew(key)
    renewWork()
  }
  // Once for a burst of messages.
  const board = useTimeoutFn(() => { renew('realtime') }, SETTLED_AFTER, { immediate: false })
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'

  function receive(raw: string): void {
    const { topic } = JSON.parse(raw) as { topic?: string }
    live.heard()
    if (topic === 'registrations') {
      if (!board.isPending.value) board.start()
    } else if (topic === 'queue' || topic === 'appointment') renewOperations()
    else if (topic === 'shift') renew('shift')
    else if (topic === 'care_tasks') renew('care-tasks')
    else if (topic === 'medications') renew('doses')
    else if (topic === 'patients') renew('patients')
    else if (topic !== undefined && topic !== 'hello') renewAll()
  }

  let closedBy: number | undefined
  useWebSocket(`${scheme}://${location.host}/ws/realtime`, {
    autoReconnect: { retries: () => true, delay: (attempt) => reconnectDelay(attempt, Math.random(), closedBy) },
    onConnected: () => {
      // What was missed meanwhile is fetched whole, so no replay is asked for.
      if (live.hasConnected) renewAll()
      live.isConnected = true
      live.hasConnected = true
    },
    onDisconnected: (_socket, event) => {
      live.isConnected = false
      closedBy = event.code
      // The session has ended: any request now says so, and the router shows the sign-in.
      if (event.code === SIGN_IN) renew('realtime')
    },
    onMessage: (_socket, event) => { receive(String(event.data)) },
  })

  useIntervalFn(() => {
    live.now = Date.now()
    if (live.age > POLL_AFTER && live.age % POLL_AFTER < 1000) {
      // The messages of a silent connection may still come; without one nothing tells of a change.
      if (live.isConnected) renew('realtime')
      else renewWork()
    }
  }, 1000)
}
