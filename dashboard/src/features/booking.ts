/** Appointments: free times, a hold, the booking, the wait list, weekly hours. */
import { useQuery } from '@pinia/colada'
import { computed, type Ref } from 'vue'
import * as api from '../api'
import * as fmt from '../fmt'
import { useChange } from './change'
import { panelState, useListPanel } from './panel'

export type { Appointment, FreeSlot, WeeklyHours } from '../api'

const DAYS = 5

export interface CheckInWish {
  queueId: string
  acuity: number
}

/** Midnight some days after a moment, in the reader's time zone: a day there may have 23 or 25 hours. */
function midnightAfter(moment: Date, days: number): Date {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + days)
}

/** Today and the days after it, as a choice. */
export function dayOptions(count: number): { value: string; label: string }[] {
  const now = new Date()
  return Array.from({ length: count }, (_, days) => midnightAfter(now, days)).map((day) => ({ value: fmt.isoDay(day), label: fmt.sentence(fmt.weekday(day)) }))
}

/** From the chosen day on, as moments; today begins now. */
export function period(day: string): { from: string; to: string } {
  const midnight = new Date(`${day}T00:00:00`)
  const from = new Date(Math.max(midnight.getTime(), Date.now()))
  return { from: from.toISOString(), to: midnightAfter(midnight, DAYS).toISOString() }
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
  /** The provider's time zone where it is not the one of this device, in which times are written. */
  const otherZone = computed(() => { const zone = query.data.value?.time_zone; return zone === fmt.deviceZone() ? undefined : zone })
  const retry = () => Promise.all([known.refetch(), provider.value === '' ? undefined : query.refetch()])
  // Without anybody to be seen by, nothing is asked for, and nothing is on its way.
  const state = computed(() => {
    const data = hasNobody.value ? [] : slots.value
    return panelState({ data, error: known.error.value ?? query.error.value, isEmpty: data?.length === 0, retry })
  })
  return { slots, otherZone, state }
}

export function useAppointments() {
  return useListPanel({
    key: ['appointments'],
    query: async () => {
      const { items } = await api.appointments(new Date(Date.now() - 86_400_000).toISOString())
      return { items: items.filter((one) => !['expired', 'cancelled'].includes(one.status)) }
    },
  })
}

export function useWaitList() {
  return useListPanel({ key: ['wait-list'], query: api.waitList })
}

export function useWeeklyHours(isWanted: () => boolean) {
  const { items: hours, state } = useListPanel({ key: ['schedules'], query: api.schedules, enabled: isWanted })
  return { hours, state }
}

export function useBookingActs() {
  const { run, problem, isBusy } = useChange((act: () => Promise<unknown>) => act(), [['slots'], ['appointments'], ['wait-list']])
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
