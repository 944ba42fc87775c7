import { describe, expect, it } from 'vitest'
import { backtestsOf } from '../src/features/backtests'
import { reportingOf } from '../src/features/surge-reporting'

const reported = { observed: 14, complete_share: 0.45, estimate: 31.2, estimate_low: 25, estimate_high: 38 }

describe('reporting of the latest week', () => {
  it('names what is in, what it should come to, and the interval', () => {
    expect(reportingOf(reported)).toMatch(/14 cases reported so far, usually 45\s% of the week\. It should come to 31/)
    expect(reportingOf(reported)).toContain('25–38')
  })

  it('says that nothing is missing where all is in', () => {
    expect(reportingOf({ ...reported, complete_share: 1 })).toContain('No late reports are expected')
  })

  it('says nothing of a hidden count or of weeks published before delays were known', () => {
    expect(reportingOf({ ...reported, observed: null })).toBe('')
    expect(reportingOf({ observed: 14 })).toBe('')
  })
})

describe('backtests', () => {
  const record = (skill: number) => ({ origins: 3, periods: 36, mae: 1, naive_mae: 2, mase: 1, skill, coverage80: 0.8, coverage95: 0.95 })
  const series = (id: string, skill: number) => ({
    series_id: id, model: 'structural', refused: null, notes: [], record: record(skill), steps: [], baseline: null,
    baseline_note: null, baseline_split: null,
  })
  const source = { model: 'seasonal_naive', refused: 'structural did not beat seasonal naive', notes: [], record: record(-0.1) }

  it('puts all registrations first, by month, week and day, and the least skilful condition next', () => {
    const board = {
      as_of: '2026-11-24T00:00:00Z', receipt: 'rcp', horizon: 12, errors: [],
      series: [series('Sepsis', 0.3), series('all', 0.2), series('Stroke', 0.1)],
      grains: { months: [], notes: [], daily: null, weekly: null, weekly_source: source, daily_source: null },
    }
    const rows = backtestsOf(board)
    expect(rows.map((row) => row.series_id)).toEqual(['all', 'all_weeks', 'Stroke', 'Sepsis'])
    expect(rows[1]?.refused).toBe(source.refused)
  })
})
