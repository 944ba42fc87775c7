/** Appointments: free times, a hold, the booking, the wait list, weekly hours. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref, type Ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export type { Appointment, FreeSlot, WeeklyHours } from '../api'

const DAYS = 5

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

export function useSlots(provider: Ref<string>, day: Ref<string>) {
  const query = useQuery({
    key: () => ['slots', provider.value, day.value],
    query: () => { const { from, to } = period(day.value); return api.freeSlots(provider.value, from, to) },
    enabled: () => provider.value !== '' && day.value !== '',
  })
  const slots = computed(() => query.data.value?.items)
  return { slots, state: computed(() => panelState({ data: slots.value, error: query.error.value, isEmpty: slots.value?.length === 0 })) }
}

export function useAppointments() {
  const query = useQuery({ key: ['appointments'], query: () => api.appointments(new Date(Date.now() - 86_400_000).toISOString()) })
  const items = computed(() => query.data.value?.items.filter((one) => !['expired', 'cancelled'].includes(one.status)))
  return { items, state: computed(() => panelState({ data: items.value, error: query.error.value, isEmpty: items.value?.length === 0 })) }
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
    set: (id: string, status: 'booked' | 'cancelled' | 'arrived') => run(() => api.setAppointment(id, status)),
    ask: (provider: string, day: string, patientId?: string) => {
      const { from, to } = period(day)
      return run(() => api.joinWaitList(provider, from, to, patientId))
    },
  }
}
