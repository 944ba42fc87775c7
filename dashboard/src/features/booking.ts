/** Appointments: free times, a hold, the booking, the wait list, weekly hours. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref, type Ref } from 'vue'
import * as api from '../api'
import * as fmt from '../fmt'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export type { Appointment, FreeSlot, WeeklyHours } from '../api'

const DAYS = 5

export interface CheckInWish {
  queueId: string
  acuity: number
}

/** Calendar days of this device from `now` on: a label and the day behind it are the same day, also when UTC has another. */
export function daysFrom(now: Date, count: number): { value: string; label: string }[] {
  return Array.from({ length: count }, (_, step) => {
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() + step)
    const two = (part: number) => String(part).padStart(2, '0')
    return { value: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`, label: fmt.weekday(date) }
  })
}

/** From the chosen day on, as moments; today begins now. */
export function period(day: string): { from: string; to: string } {
  const midnight = new Date(`${day}T00:00:00`)
  const from = new Date(Math.max(midnight.getTime(), Date.now()))
  return { from: from.toISOString(), to: new Date(midnight.getTime() + DAYS * 86_400_000).toISOString() }
}

export function useProviders() {
  const query = useQuery({ key: ['providers'], query: api.providers })
  return computed(() => query.data.value?.items ?? [])
}

export function useSlots(provider: Ref<string>, day: Ref<string>, part: Ref<string>) {
  const known = useQuery({ key: ['providers'], query: api.providers })
  const hasNobody = computed(() => known.data.value?.items.length === 0)
  const query = useQuery({
    key: () => ['slots', provider.value, day.value, part.value],
    query: () => { const { from, to } = period(day.value); return api.freeSlots(provider.value, from, to, (part.value || undefined) as api.PartOfDay | undefined) },
    enabled: () => provider.value !== '' && day.value !== '',
  })
  const slots = computed(() => query.data.value?.items)
  // Without anybody to be seen by, nothing is asked for, and nothing is on its way.
  const state = computed(() => {
    const data = hasNobody.value ? [] : slots.value
    return panelState({ data, error: query.error.value, isEmpty: data?.length === 0 })
  })
  return { slots, state }
}

export function useAppointments() {
  const query = useQuery({ key: ['appointments'], query: () => api.appointments(new Date(Date.now() - 86_400_000).toISOString()) })
  const items = computed(() => query.data.value?.items.filter((one) => !['expired', 'cancelled'].includes(one.status)))
  return {
    items, retry: () => query.refetch(),
    state: computed(() => panelState({ data: items.value, error: query.error.value, isEmpty: items.value?.length === 0 })),
  }
}

export function useWaitList() {
  const query = useQuery({ key: ['wait-list'], query: api.waitList })
  const items = computed(() => query.data.value?.items)
  return { items, state: computed(() => panelState({ data: items.value, error: query.error.value, isEmpty: items.value?.length === 0 })) }
}

export function useWeeklyHours() {
  const query = useQuery({ key: ['schedules'], query: api.schedules })
  const hours = computed(() => query.data.value?.items)
  return { hours, state: computed(() => panelState({ data: hours.value, error: query.error.value, isEmpty: hours.value?.length === 0 })) }
}

export function useBookingActs() {
  const cache = useQueryCache()
  const problem = ref('')
  const isBusy = ref(false)

  async function run<T>(act: () => Promise<T>): Promise<T | undefined> {
    problem.value = ''
    isBusy.value = true
    try {
      return await act()
    } catch (failure) {
      problem.value = problemWords(failure)
      return undefined
    } finally {
      isBusy.value = false
      await Promise.all(['slots', 'appointments', 'wait-list'].map((key) => cache.invalidateQueries({ key: [key] }))).catch(() => undefined)
    }
  }

  return {
    problem,
    isBusy,
    hold: (slot: api.FreeSlot, patientId?: string) => run(() => api.holdSlot(slot, patientId)),
    set: (id: string, status: 'booked' | 'cancelled' | 'arrived', reason?: string) => run(() => api.setAppointment(id, status, reason)),
    move: (one: api.Appointment, slot: api.FreeSlot) => run(() => api.moveAppointment(one, slot)),
    checkIn: (id: string, wish: CheckInWish) => run(() => api.checkIn(id, wish.queueId, wish.acuity)),
    ask: (provider: string, day: string, patientId?: string) => {
      const { from, to } = period(day)
      return run(() => api.joinWaitList(provider, from, to, patientId))
    },
  }
}

/** Hours that are alike on several days, as one line. */
export interface HoursLine {
  key: string
  who: string
  weekdays: readonly number[]
  from: string
  to: string
  zone: string
  slotMinutes: number
}

/** One line for each person and hours, in the order given, with the days on which they hold. */
export function hoursLines(hours: readonly api.WeeklyHours[]): HoursLine[] {
  const lines = new Map<string, HoursLine>()
  for (const one of hours) {
    const [from, to] = [one.starts_local.slice(0, 5), one.ends_local.slice(0, 5)]
    const key = [one.provider_id, from, to, one.time_zone, one.slot_minutes].join(' ')
    const known = lines.get(key)
    const weekdays = [...(known?.weekdays ?? []), one.weekday].sort((a, b) => a - b)
    lines.set(key, { key, who: one.provider_name, weekdays, from, to, zone: one.time_zone, slotMinutes: one.slot_minutes })
  }
  return [...lines.values()]
}

/** «Monday to Friday», «Monday and Thursday». */
export function daysOf(weekdays: readonly number[], names: readonly string[], to: (from: string, until: string) => string): string {
  const [first = 0, last = 0] = [weekdays[0], weekdays.at(-1)]
  const isRun = weekdays.length > 2 && last - first === weekdays.length - 1
  return isRun ? to(names[first] ?? '', names[last] ?? '') : fmt.list(weekdays.map((day) => names[day] ?? ''))
}
