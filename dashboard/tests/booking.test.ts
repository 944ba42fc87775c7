/** A device far from UTC: its evening is already the next day there. */
import { describe, expect, it, vi } from 'vitest'

vi.hoisted(() => { process.env.TZ = 'America/Los_Angeles' })

describe('the days that a time is looked for on', () => {
  it('are those of the device, each under its own name, across the change of the clock', async () => {
    const { daysFrom } = await import('../src/features/booking')
    const evening = new Date('2026-10-31T04:00:00Z') // 21:00 on the 30th in Los Angeles; clocks go back on 1 November
    expect(daysFrom(evening, 4)).toEqual([
      { value: '2026-10-30', label: 'Friday 30 October' },
      { value: '2026-10-31', label: 'Saturday 31 October' },
      { value: '2026-11-01', label: 'Sunday 1 November' },
      { value: '2026-11-02', label: 'Monday 2 November' },
    ])
  })
})
