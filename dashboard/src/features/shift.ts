/** One's own shift: begin, pause, go on, end; and who else is on duty. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref } from 'vue'
import * as api from '../api'
import { problemWords } from './problem-words'

export type { Duty } from '../api'

export function useShift() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['shift', 'mine'], query: api.myShift })
  const others = useQuery({ key: ['shift', 'all'], query: api.onDuty })
  const problem = ref('')
  const released = ref(0)
  const isBusy = ref(false)

  async function change(to: api.Duty): Promise<void> {
    problem.value = ''
    isBusy.value = true
    try {
      released.value = (await api.changeShift(to, query.data.value?.version ?? null)).released_count ?? 0
    } catch (failure) {
      problem.value = problemWords(failure)
    } finally {
      isBusy.value = false
      await Promise.all(['shift', 'queue-entries'].map((key) => cache.invalidateQueries({ key: [key] }))).catch(() => undefined)
    }
  }

  return {
    shift: query.data, change, problem, released, isBusy,
    working: computed(() => others.data.value?.items.filter((one) => one.duty === 'working').length ?? 0),
    paused: computed(() => others.data.value?.items.filter((one) => one.duty === 'paused').length ?? 0),
  }
}
