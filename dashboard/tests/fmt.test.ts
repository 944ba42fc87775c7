import { describe, expect, it } from 'vitest'
import * as fmt from '../src/fmt'

describe('numbers', () => {
  it('writes a missing number as a dash and never as 0', () => {
    expect([fmt.count(null), fmt.decimal(undefined), fmt.percent(null), fmt.count(Number.NaN)]).toEqual(['–', '–', '–', '–'])
  })
  it('groups thousands and uses a true minus', () => {
    expect(fmt.count(3771.4)).toBe('3,771')
    expect(fmt.count(-1200)).toBe('−1,200')
    expect(fmt.signed(-4)).toBe('−4')
    expect(fmt.signed(14)).toBe('+14')
  })
  it('never writes minus zero', () => {
    expect([fmt.count(-0.2), fmt.signed(-0.4)]).toEqual(['0', '0'])
  })
  it('writes an interval with an en dash, or a dash when an end is missing', () => {
    expect(fmt.range(3556, 3986)).toBe('3,556–3,986')
    expect(fmt.range(3556, null)).toBe('–')
    expect(fmt.percentRange(0.531, 0.549)).toBe('53–55\u00a0%')
  })
  it('says small p-values by their bound', () => {
    expect([fmt.pValue(1e-9), fmt.pValue(0.004), fmt.pValue(0.81)]).toEqual(['<\u00a00.001', '0.004', '0.81'])
  })
  it('gives no change against nothing', () => {
    expect(fmt.change(10, 0)).toBe('–')
    expect(fmt.change(108, 100)).toBe('+8\u00a0%')
  })
})

describe('words', () => {
  it('lower-cases a name inside a sentence but not an abbreviation', () => {
    expect([fmt.inline('Influenza'), fmt.inline('COPD exacerbation')]).toEqual(['influenza', 'COPD exacerbation'])
  })
  it('takes initials from first and last name without the title', () => {
    expect([fmt.initials('Dr Amara Baldé'), fmt.initials('Prince')]).toEqual(['AB', 'P'])
  })
})

describe('times', () => {
  it('writes months, weeks and days', () => {
    expect([fmt.month('2026-12'), fmt.fullMonth('2026-12'), fmt.week('2026-W07'), fmt.day('2026-11-24')])
      .toEqual(['Dec 2026', 'December', 'W07', '24 Nov 2026'])
  })
  it('writes every month with three letters, alone and in a date', () => {
    expect([fmt.month('2026-09'), fmt.day('2026-09-10'), fmt.moment('2026-09-10T12:00:00Z').slice(0, 11)]).toEqual(['Sep 2026', '10 Sep 2026', '10 Sep 2026'])
  })
  it('writes a period by its code', () => {
    expect(['2026-12', '2026-W47', '2026-11-24', 'all'].map(fmt.period)).toEqual(['Dec 2026', '2026-W47', '24 Nov 2026', 'all'])
  })
  it('writes an age in its largest whole unit and never a negative one', () => {
    expect([fmt.age(-50), fmt.age(59_400), fmt.age(61_000), fmt.age(7_300_000), fmt.age(200_000_000)])
      .toEqual(['0\u00a0s', '59\u00a0s', '1\u00a0min', '2\u00a0h', '2\u00a0d'])
  })
})
