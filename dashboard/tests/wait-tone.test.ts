import { expect, test } from 'vitest'
import { waitTone } from '../src/features/wait-tone'

const arrived = Date.parse('2026-06-01T08:00:00Z')
const of = (target: number) => ({ arrived_at: new Date(arrived).toISOString(), due_at: new Date(arrived + target * 60_000).toISOString() })
const after = (minutes: number) => arrived + minutes * 60_000

test('the colour follows the target time of the level, not one number for all', () => {
  expect([waitTone(of(60), after(44)), waitTone(of(60), after(45)), waitTone(of(60), after(60))]).toEqual(['in-time', 'soon', 'late'])
  expect([waitTone(of(240), after(60)), waitTone(of(10), after(60))]).toEqual(['in-time', 'late'])
})

test('a level whose target is at once is late from the first moment', () => {
  expect(waitTone(of(0), after(0))).toBe('late')
})
