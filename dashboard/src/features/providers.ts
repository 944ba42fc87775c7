/** Those who see patients, and giving one to a doctor's account. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export function useProviderLinks() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['providers'], query: api.providers })
  const providers = computed(() => query.data.value?.items)
  const problem = ref('')
  const isBusy = ref(false)

  async function link(provider: api.Provider, userId: string | null): Promise<void> {
    problem.value = ''
    isBusy.value = true
    try {
      await api.linkProvider(provider, userId)
    } catch (failure) {
      problem.value = problemWords(failure)
    } finally {
      isBusy.value = false
      await cache.invalidateQueries({ key: ['providers'] }).catch(() => undefined)
    }
  }

  return {
    providers, link, problem, isBusy, retry: () => query.refetch(),
    state: computed(() => panelState({ data: providers.value, error: query.error.value, isEmpty: providers.value?.length === 0 })),
  }
}
