/** One's own shift: begin, pause, go on, end; and who else is on duty. */
import { useQuery } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { useChange } from './change'

export type { Duty } from '../api'

export function useShift() {
  const { data: shift } = useQuery({ key: ['shift', 'mine'], query: api.myShift })
  const others = useQuery({ key: ['shift', 'all'], query: api.onDuty })
  const change = useChange((to: api.Duty) => api.changeShift(to, shift.value?.version ?? null), [['shift'], ['queue-entries']])
  const count = (duty: api.Duty) => computed(() => others.data.value?.items.filter((one) => one.duty === duty).length ?? 0)
  return { shift, change, released: computed(() => change.answer.value?.released_count ?? 0), working: count('working'), paused: count('paused') }
}
