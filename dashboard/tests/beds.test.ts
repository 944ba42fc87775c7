import { describe, expect, it } from 'vitest'
import type { BedsAhead } from '../src/api'
import { bedPoints, bedsConfig, bedsSummary } from '../src/charts/beds'
import { bedsTable } from '../src/features/beds'

const number = (point: number) => ({
  point, mean: point + 0.25, lo80: point - 1, hi80: point + 1, lo95: point - 1, hi95: point + 2, from_here: 0.25, from_arrivals: point,
})
const AHEAD: BedsAhead = {
  as_of: '2026-11-28T10:15:00Z', model_as_of: '2026-11-28T04:00:00Z', receipt: 'rcp', refused: null, present_count: 7, arrivals_from: 'forecast',
  items: [1, 2].map((hour) => ({
    starts_at: `2026-11-28T${String(9 + hour)}:15:00Z`, ends_at: `2026-11-28T${String(10 + hour)}:15:00Z`, in_hour: number(1), by_then: number(hour),
  })),
  chances: [0.2, 0.5, 0.3], record: null,
}

describe('the chart of beds', () => {
  it('begins with nothing now and ends with the count by the last hour', () => {
    const points = bedPoints(AHEAD)
    expect(points.map((point) => point.mean)).toEqual([0, 1.25, 2.25])
    expect(points[0]?.hi95).toBe(0)
    const [line, upper80, lower80, upper95] = bedsConfig(points).data.datasets
    expect([line?.data, upper80?.data, lower80?.data, upper95?.data]).toEqual([[0, 1.25, 2.25], [0, 2, 3], [0, 0, 1], [0, 3, 4]])
  })

  it('says in words what it draws, and nothing where there is nothing', () => {
    expect(bedsSummary(AHEAD)).toMatch(/: 2, 80 % interval 1 to 3\. In the first hour: 1\.3 expected\.$/)
    expect(bedsSummary({ ...AHEAD, items: [] })).toBe('')
  })
})

describe('the table of beds', () => {
  it('has a row an hour and a name for each figure', () => {
    const { columns, rows } = bedsTable(AHEAD)
    expect(rows).toHaveLength(2)
    expect(rows.every((row) => row.length === columns.length)).toBe(true)
    expect(rows[1]?.slice(1, 9)).toEqual([2, 1, 3, 1, 4, 2.25, 0.25, 2])
  })
})
