/** Those who see patients, and giving one to a doctor's account. */
import * as api from '../api'
import { useChange } from './change'
import { useListPanel } from './panel'

export function useProviderLinks() {
  const { items: providers, state } = useListPanel({ key: ['providers'], query: api.providers })
  // A profile says as whom patients book somebody.
  const link = useChange(
    ({ provider, userId }: { provider: api.Provider; userId: string | null }) => api.linkProvider(provider, userId), [['providers'], ['staff']])
  return { providers, state, link }
}
