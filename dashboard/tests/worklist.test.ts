/** What is due, in a few words, and lists that are told shortly. */
import { describe, expect, it } from 'vitest'
import { daysOf, hoursLines, type WeeklyHours } from '../src/features/booking'
import { shortReason } from '../src/features/models'
import { dueMarks, type DueDose, type DueTask } from '../src/features/worklist'
import * as fmt from '../src/fmt'

const NOW = Date.parse('2026-11-28T08:00:00Z')
const dose = (patient_id: string, state: DueDose['state']) => ({ patient_id, state }) as DueDose
const task = (patient_id: string, due_at: string | null, is_overdue: boolean) => ({ patient_id, due_at, is_overdue }) as DueTask

describe('marks on the flow board', () => {
  it('count late and due ones apart, by patient, and leave out what comes later', () => {
    const marks = dueMarks(
      [dose('a', 'overdue'), dose('a', 'overdue'), dose('a', 'due'), dose('b', 'later')],
      [task('a', '2026-11-28T07:00:00Z', true), task('b', '2026-11-28T08:30:00Z', false), task('b', '2026-11-28T12:00:00Z', false), task('b', null, false)],
      NOW)
    expect(marks.get('a')).toEqual([
      { text: '2 doses overdue', isLate: true }, { text: 'dose due', isLate: false }, { text: 'task overdue', isLate: true },
    ])
    expect(marks.get('b')).toEqual([{ text: 'task due', isLate: false }])
  })
})

describe('weekly hours', () => {
  const on = (weekday: number, starts_local: string) =>
    ({ provider_id: 'p', provider_name: 'Dr P', weekday, starts_local, ends_local: '12:00:00', time_zone: 'Europe/Berlin', slot_minutes: 30 }) as WeeklyHours
  const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
  const days = (weekdays: readonly number[]) => daysOf(weekdays, names, (from, until) => `${from} to ${until}`)

  it('that are alike stand in one line', () => {
    const lines = hoursLines([on(2, '08:00:00'), on(0, '08:00:00'), on(1, '08:00:00'), on(4, '09:00:00')])
    expect(lines.map((line) => [line.from, days(line.weekdays)])).toEqual([['08:00', 'Mon to Wed'], ['09:00', 'Fri']])
  })
  it('of days that do not follow each other are listed', () => {
    expect(days([0, 2, 4])).toBe('Mon, Wed and Fri')
    expect(days([0, 1])).toBe('Mon and Tue')
  })
})

describe('a reason of the gate', () => {
  it('names the first of many and how many more', () => {
    expect(shortReason('empty: a_b, c, d, e, f')).toBe('Empty: a b, c, d and 2 more')
    expect(shortReason('AUROC 0.861 is above the floor of 0.75')).toBe('AUROC 0.861 is above the floor of 0.75')
    expect(shortReason('empty: a_b, c')).toBe('Empty: a_b, c')
  })
})

describe('an age', () => {
  it('changes on the birthday', () => {
    const on = (month: number, day: number) => fmt.yearsSince('1956-04-02', new Date(2026, month - 1, day))
    expect([on(4, 1), on(4, 2), on(12, 31)]).toEqual([69, 70, 70])
  })
})
