/** Profiles of doctors and nurses: one's own, and for administrators what is verified of all. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import * as api from '../api'
import { staff } from '../text/staff'
import { panelState } from './panel'
import { problemWords } from './problem-words'
import { locale } from '../text/language'

export type { StaffView as StaffProfile } from '../api'
export type Qualification = api.StaffView['qualifications'][number]
export const TONES = { none: 'plain', valid: 'good', expires_soon: 'brand', expired: 'bad' } as const
export const QUALIFICATIONS = Object.keys(staff.names) as Qualification[]

export function useOwnProfile() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['staff', 'me'], query: api.ownProfile })
  const profile = computed(() => query.data.value)
  const change = useMutation({
    mutation: (wish: api.OwnChange) => api.changeOwnProfile(wish, profile.value?.version ?? 0),
    onSettled: () => cache.invalidateQueries({ key: ['staff'] }),
  })
  return {
    profile, state: computed(() => panelState({ data: profile.value, error: query.error.value })), retry: () => query.refetch(),
    change: change.mutateAsync, isSaving: computed(() => change.isLoading.value),
    problem: computed(() => (change.error.value ? problemWords(change.error.value) : '')),
  }
}

export function useStaff() {
  const cache = useQueryCache()
  const query = useQuery({ key: ['staff', 'all'], query: api.staffProfiles })
  const profiles = computed(() => query.data.value?.items)
  const verify = useMutation({
    mutation: ({ one, wish }: { one: api.StaffView; wish: api.VerifiedChange }) => api.verifyStaff(one, wish),
    onSettled: () => cache.invalidateQueries({ key: ['staff'] }),
  })
  return {
    profiles, state: computed(() => panelState({ data: profiles.value, error: query.error.value, isEmpty: profiles.value?.length === 0 })),
    retry: () => query.refetch(), verify: verify.mutateAsync, isSaving: computed(() => verify.isLoading.value), forget: verify.reset,
    problem: computed(() => (verify.error.value ? problemWords(verify.error.value) : '')),
  }
}

const NAMES = new Intl.DisplayNames(locale(), { type: 'language' })

export function languageName(code: string): string {
  return NAMES.of(code) ?? code
}

/** Languages that are often spoken in hospitals of Europe, by name; the server takes every code of ISO 639-1. */
export const LANGUAGES = [
  'ar', 'bg', 'bn', 'bs', 'cs', 'da', 'de', 'el', 'en', 'es', 'et', 'fa', 'fi', 'fr', 'ga', 'he', 'hi', 'hr', 'hu', 'it', 'ja', 'ka', 'ko', 'ku', 'lt', 'lv',
  'nl', 'no', 'pl', 'ps', 'pt', 'ro', 'ru', 'sk', 'sl', 'so', 'sq', 'sr', 'sv', 'sw', 'ta', 'th', 'ti', 'tr', 'uk', 'ur', 'vi', 'yo', 'zh',
].sort((a, b) => languageName(a).localeCompare(languageName(b)))
