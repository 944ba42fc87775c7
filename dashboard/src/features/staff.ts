/** Profiles of doctors and nurses: one's own, and for administrators what is verified of all. */
import * as api from '../api'
import { staff } from '../text/staff'
import { locale } from '../text/language'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'

export type { StaffView as StaffProfile } from '../api'
export type Qualification = api.StaffView['qualifications'][number]
export const TONES = { none: 'plain', valid: 'good', expires_soon: 'brand', expired: 'bad' } as const
export const QUALIFICATIONS = Object.keys(staff.names) as Qualification[]

export function useOwnProfile() {
  const { data: profile, state } = usePanel({ key: ['staff', 'me'], query: api.ownProfile })
  const change = useChange((wish: api.OwnChange) => api.changeOwnProfile(wish, profile.value?.version ?? 0), [['staff']])
  return { profile, state, change }
}

export function useStaff() {
  const { items: profiles, state } = useListPanel({ key: ['staff', 'all'], query: api.staffProfiles })
  const verification = useChange(({ one, wish }: { one: api.StaffView; wish: api.VerifiedChange }) => api.verifyStaff(one, wish), [['staff']])
  return { profiles, state, verification }
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
