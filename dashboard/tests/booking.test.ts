/** Days are those of the person's own calendar, wherever and whenever it is. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

describe('the days that can be chosen', () => {
  const zone = process.env.TZ

  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => {
    vi.useRealTimers()
    process.env.TZ = zone
  })

  /** The page as it is loaded there and then. */
  async function pageAt(timeZone: string, moment: string) {
    process.env.TZ = timeZone
    vi.setSystemTime(new Date(moment))
    vi.resetModules()
    return import('../src/features/booking')
  }

  it('begin with today where it is still yesterday in Greenwich or already tomorrow', async () => {
    const west = await pageAt('America/New_York', '2026-11-25T01:00:00Z')
    expect(west.dayOptions(2)).toEqual([{ value: '2026-11-24', label: 'Tuesday 24 November' }, { value: '2026-11-25', label: 'Wednesday 25 November' }])
    const east = await pageAt('Asia/Tokyo', '2026-11-24T16:00:00Z')
    expect(east.dayOptions(1)).toEqual([{ value: '2026-11-25', label: 'Wednesday 25 November' }])
  })

  it('leave out none and repeat none where the clocks change', async () => {
    const { dayOptions, period } = await pageAt('Europe/Berlin', '2026-10-24T22:30:00Z')
    expect(dayOptions(3).map((one) => one.value)).toEqual(['2026-10-25', '2026-10-26', '2026-10-27'])
    expect(period('2026-10-25')).toEqual({ from: '2026-10-24T22:30:00.000Z', to: '2026-10-29T23:00:00.000Z' })
  })
})
