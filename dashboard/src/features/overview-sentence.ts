/**
 * The one sentence under the greeting, from the data: what rises now, and what to expect next.
 * Belongs here: choosing what matters. Does not belong here: any figure that a panel does not also show.
 */
import type { Analytics, IllnessSurge, PatientVolume } from '../api/shapes'
import * as fmt from '../fmt'
import { text } from '../text/general'

export interface Part {
  text: string
  isStrong: boolean
}

const t = text.overview.sentence
const plain = (words: string): Part => ({ text: words, isStrong: false })
const strong = (words: string): Part => ({ text: words, isStrong: true })

/** Conditions whose latest week was high or critical, the worst first (the server orders them). */
export function watched(surge: IllnessSurge | undefined): IllnessSurge['conditions'] {
  return surge?.conditions.filter((row) => row.level === 'high' || row.level === 'critical') ?? []
}

function surgePart(surge: IllnessSurge | undefined): Part[] {
  if (!surge) return []
  const hot = watched(surge)
  if (hot.length === 0) return [plain(t.none)]
  const names = hot.slice(0, 3).map((row) => fmt.inline(row.condition))
  const rest = hot.length - names.length
  const listed = fmt.list(rest > 0 ? [...names, t.more(rest)] : names)
  return [strong(fmt.sentence(listed)), plain(t.above(hot.length))]
}

/** «, +8 % on last December», or «, as many as last December» where the change rounds to nothing. */
function changeWords(change: string, month: string): string {
  return change.startsWith('0') ? t.same(month) : t.change(change, month)
}

function volumePart(volume: PatientVolume | undefined, isFirst: boolean): Part[] {
  const next = volume?.forecast[0]
  if (!volume || !next) return []
  const yearBefore = `${Number(next.month.slice(0, 4)) - 1}${next.month.slice(4)}`
  const before = volume.history.find((row) => row.month === yearBefore)?.count
  const month = fmt.fullMonth(next.month)
  const change = before ? changeWords(fmt.change(next.mean, before), month) : ''
  const lead = isFirst ? fmt.sentence(t.expectedBefore) : t.and + t.expectedBefore
  return [...(lead ? [plain(lead)] : []), strong(t.registrations(fmt.count(next.mean))), plain(t.expectedIn(month) + change)]
}

/** Empty while nothing is published; every part appears only when its own analysis is there. */
export function overviewSentence(analytics: Analytics | undefined): Part[] {
  const surge = surgePart(analytics?.sections.illness_surge?.data)
  const parts = [...surge, ...volumePart(analytics?.sections.patient_volume?.data, surge.length === 0)]
  return parts.length > 0 ? [...parts, plain(t.end)] : []
}
