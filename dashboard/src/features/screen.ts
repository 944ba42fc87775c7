/**
 * The wall screen that hangs without a session: it asks with a token that may read walls and nothing else.
 * Belongs here: making its address, asking, and what an answer means. Does not belong here: how calls look.
 */
import { useIntervalFn } from '@vueuse/core'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import * as api from '../api'
import { screen } from '../text/screen'
import { useChange } from './change'
import { usePanel } from './panel'

export type { Wall } from '../api'

const SCOPE = 'queue.wall'
/** The longest that the server lets a token live, and the longest name that it takes. */
const DAYS = 90
const NAME_LENGTH = 120

/** How often a wall is asked for; a screen that was refused asks on, so that it comes back without anybody at it. */
const PAUSE = 5_000
const PAUSE_REFUSED = 60_000

/** How long before its end a screen says so. */
const SOON = 7 * 86_400_000

/** `refused`: the token is none, or no longer; `unknown`: there is no such queue; `away`: nobody knows. */
export type Standing = 'asking' | 'live' | 'away' | 'refused' | 'unknown'

/** The token in an address: behind `#`, which no browser sends to a server. */
export function tokenIn(hash: string): string {
  return /^#(mds_[\w-]+)$/.exec(hash)?.[1] ?? ''
}

export function addressOf(queueId: string, token: string, origin = location.origin): string {
  return `${origin}/screen/${queueId}#${token}`
}

export function standingOf(fault: unknown): Standing {
  const status = fault instanceof api.ApiProblem ? fault.status : 0
  if (status === 401 || status === 403) return 'refused'
  return status === 404 || status === 422 ? 'unknown' : 'away'
}

/** When the address ends, if it does so within a week of the server's time; an empty text while it goes on. */
export function endsSoon(wall: Pick<api.Wall, 'as_of' | 'address_ends_at'> | undefined): string {
  const end = wall?.address_ends_at
  return end && Date.parse(end) - Date.parse(wall.as_of) <= SOON ? end : ''
}

export function useScreen(queueId: Readonly<Ref<string>>, token: Readonly<Ref<string>>) {
  /** The last that is known: it stays while the server is away, and goes when the screen may not show it any more. */
  const wall = shallowRef<api.Wall>()
  const standing = ref<Standing>('asking')
  let isAsking = false

  async function ask(): Promise<void> {
    if (isAsking) return
    const [queue, key] = [queueId.value, token.value]
    isAsking = true
    const found = key ? await api.wallByToken(queue, key).then((known) => ({ wall: known, standing: 'live' as const }), standingOf) : 'refused'
    isAsking = false
    // The address was changed meanwhile: the answer is of another screen.
    if (queue !== queueId.value || key !== token.value) return ask()
    standing.value = typeof found === 'string' ? found : found.standing
    if (typeof found !== 'string') wall.value = found.wall
    else if (found !== 'away') wall.value = undefined
  }

  useIntervalFn(() => void ask(), () => (standing.value === 'refused' || standing.value === 'unknown' ? PAUSE_REFUSED : PAUSE))
  watch([queueId, token], () => {
    wall.value = undefined
    standing.value = 'asking'
    void ask()
  }, { immediate: true })
  return { wall, standing }
}

/** Make the address of a screen, for whom the server lets make such a token. */
export function useHanging() {
  const { data: tokens } = usePanel({ key: ['tokens'], query: api.tokens })
  const making = useChange(async ({ queue_id, name }: { queue_id: string; name: string }) => {
    const made = await api.createToken(screen.tokenName(name).slice(0, NAME_LENGTH), [SCOPE], { lifetime_days: DAYS, queue_id })
    return { address: addressOf(queue_id, made.token), endsAt: made.expires_at }
  }, [['tokens']])
  return { mayHang: computed(() => tokens.value?.allowed_scopes.includes(SCOPE) ?? false), making }
}
