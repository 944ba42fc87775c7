import { describe, expect, it } from 'vitest'
import { forecastKpis, liveKpis } from '../src/features/kpis'
import { overviewSentence } from '../src/features/overview-sentence'
import type { Realtime } from '../src/api/shapes'
import { analyticsOf, surgeOf, volumeOf } from './analyses'

const said = (parts: { text: string }[]) => parts.map((part) => part.text).join('')

describe('the sentence under the greeting', () => {
  it('names what is high or critical, and what to expect against last year', () => {
    const surge = surgeOf({ Influenza: 'critical', 'COPD exacerbation': 'high', Anxiety: 'moderate' })
    const volume = volumeOf({ '2026-12': 108 }, { '2025-12': 100 })
    expect(said(overviewSentence(analyticsOf({ surge, volume })))).toBe(
      'Influenza and COPD exacerbation are above their usual range, and 108 registrations are expected in December, '
      + '+8\u00a0% on last December.')
  })
  it('does not make a change of nothing', () => {
    const volume = volumeOf({ '2026-12': 100.3 }, { '2025-12': 100 })
    expect(said(overviewSentence(analyticsOf({ volume })))).toBe('100 registrations are expected in December, as many as last December.')
  })
  it('says that nothing is unusual when nothing is', () => {
    expect(said(overviewSentence(analyticsOf({ surge: surgeOf({ Anxiety: 'moderate' }) })))).toBe(
      'No condition is above its usual range.')
  })
  it('counts the rest when many conditions rise', () => {
    const surge = surgeOf({ A: 'high', B: 'high', C: 'high', D: 'high', E: 'high' })
    expect(said(overviewSentence(analyticsOf({ surge })))).toContain('A, B, C and 2 more are above their')
  })
  it('is silent while nothing is published', () => {
    expect(overviewSentence(undefined)).toEqual([])
    expect(overviewSentence(analyticsOf({}))).toEqual([])
  })
})

describe('the figures at the top', () => {
  const realtime: Realtime = {
    generated_at: '2026-11-24T08:00:00Z', as_of: '2026-11-24T08:00:00Z', receipt: 'live_1', is_synthetic: true, latest_registered_at: null,
    today: {
      registrations_count: 30, by_hour: [{ hour_start_at: '2026-11-24T07:00:00Z', count: 12 }],
      by_condition: [{ condition: null, count: 20 }, { condition: 'Influenza', count: 10 }],
      by_acuity: [{ acuity: 1, count: 2 }, { acuity: 2, count: 3 }, { acuity: 3, count: 15 }, { acuity: null, count: 10 }],
    },
  }
  const tile = (key: string) => liveKpis(realtime).find((kpi) => kpi.key === key)

  it('counts acuity 1 and 2 among those whose acuity is known', () => {
    expect(tile('urgent')).toMatchObject({ value: '5', note: '25\u00a0% of those with an acuity' })
  })
  it('does not call an unknown condition the most frequent one', () => {
    expect(tile('top')?.value).toBe('Influenza')
  })
  it('shows dashes, not zeros, without an answer', () => {
    expect(liveKpis(undefined).map((kpi) => kpi.value)).toEqual(['–', '–', '–'])
    expect(forecastKpis(undefined).map((kpi) => kpi.value)).toEqual(['–', '–'])
  })
  it('alerts only for a critical level', () => {
    const surge = (level: 'high' | 'critical') => forecastKpis(analyticsOf({ surge: surgeOf({ Influenza: level }) }))[1]
    expect([surge('high')?.alert, surge('critical')?.alert]).toEqual([false, true])
  })
})
