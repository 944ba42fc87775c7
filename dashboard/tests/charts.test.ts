import { describe, expect, it } from 'vitest'
import { conditionColours } from '../src/charts/ranks'
import { peakOf, volumePoints, volumeSummary } from '../src/charts/volume'
import { volumeOf, weekOf } from './analyses'

describe('the volume chart', () => {
  const data = volumeOf({ '2026-12': 108, '2027-01': 120 }, { '2026-10': 90, '2026-11': 95 })

  it('joins forecast and history at the last known month', () => {
    expect(volumePoints(data, 24).map((point) => [point.month, point.actual, point.mean])).toEqual([
      ['2026-10', 90, null], ['2026-11', 95, 95], ['2026-12', null, 108], ['2027-01', null, 120]])
  })
  it('joins nothing when no forecast is made', () => {
    expect(volumePoints(volumeOf({}, { '2026-11': 95 }), 24)[0]?.mean).toBeNull()
  })
  it('finds the peak and says it with the interval of the next month', () => {
    expect(peakOf(data)?.month).toBe('2027-01')
    expect(volumeSummary(data)).toContain('Dec 2026: 108 expected, 95 % interval 85 to 115. Peak Jan 2027 at 120.')
  })
})

describe('the colours of conditions', () => {
  it('do not change when ranks change', () => {
    const before = conditionColours([weekOf('2026-W46', ['A', 'B', 'C'])])
    const after = conditionColours([weekOf('2026-W47', ['C', 'A', 'B'])])
    expect([...after]).toEqual([...before])
  })
  it('are given to the latest week only', () => {
    expect([...conditionColours([weekOf('2026-W46', ['Z']), weekOf('2026-W47', ['A'])]).keys()]).toEqual(['A'])
  })
})
