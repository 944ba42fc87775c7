/** The administrator's figures: the hospital at a glance, promises as measured, and the what-if of capacity. */
import { useQuery } from '@pinia/colada'
import { refDebounced, useIntervalFn } from '@vueuse/core'
import { computed, reactive, toRef } from 'vue'
import * as api from '../api'
import type { Capacity, PromiseView, Uptime } from '../api'
import * as fmt from '../fmt'
import { office as english } from '../text/en/office'
import { office } from '../text/office'
import { panelState } from './panel'
import type { DataTable } from './table'
import { typedNumber } from './typed-number'

export type { Capacity, Glance, PromiseView } from '../api'

/** Field -> what may be entered; the server checks again. */
export const LIMITS = {
  beds: { low: 1, high: 10_000 },
  stay_days: { low: 0.1, high: 365 },
  admitted_share: { low: 0, high: 100 },
  visits_per_nurse_shift: { low: 0.5, high: 200 },
} as const
export type WishField = keyof typeof LIMITS

/** What stands in the fields, as text; an empty one means the hospital's own figure or the default. */
export type WishText = Record<WishField, string>

/** Field -> the fault of what was entered, in words. */
export function wishFaults(entered: WishText): Partial<Record<WishField, string>> {
  const faults: Partial<Record<WishField, string>> = {}
  for (const name of Object.keys(LIMITS) as WishField[]) {
    const { low, high } = LIMITS[name]
    const value = typedNumber(entered[name])
    const isWhole = name !== 'beds' || Number.isInteger(value)
    if (entered[name] !== '' && !(value >= low && value <= high && isWhole)) {
      faults[name] = office.operations.range(fmt.decimal(low, Number.isInteger(low) ? 0 : 1), fmt.count(high))
    }
  }
  return faults
}

/** The wish to send: faulty and empty fields are left out. */
export function wishOf(entered: WishText): api.CapacityWish {
  const faults = wishFaults(entered)
  const wish: api.CapacityWish = {}
  for (const name of Object.keys(LIMITS) as WishField[]) {
    if (entered[name] === '' || faults[name]) continue
    wish[name] = typedNumber(entered[name]) / (name === 'admitted_share' ? 100 : 1)
  }
  return wish
}

export function useOperations() {
  const entered = reactive<WishText>({ beds: '', stay_days: '', admitted_share: '', visits_per_nurse_shift: '' })
  const wish = refDebounced(toRef(() => wishOf(entered)), 350)
  const query = useQuery({
    key: () => ['operations', { ...wish.value }],
    query: () => api.adminPage(wish.value),
    staleTime: 5_000,
    placeholderData: (before) => before,
  })
  useIntervalFn(() => void query.refetch(), 15_000)
  const page = computed(() => query.data.value)
  const stateOf = (isEmpty: (page: api.AdminPage) => boolean) =>
    computed(() => panelState({
      data: page.value, error: query.error.value, isEmpty: page.value ? isEmpty(page.value) : false, retry: () => query.refetch(),
    }))
  return {
    page,
    entered,
    faults: computed(() => wishFaults(entered)),
    state: stateOf(() => false),
    capacityState: stateOf((known) => known.capacity === null),
  }
}

/** A measured value with its unit. */
export function quantity(value: number | null, unit: PromiseView['unit']): string {
  if (value === null) return fmt.MISSING
  // Where one digit more decides: 99.86 % does not reach 99.9 %.
  if (unit === 'share') return fmt.percent(value, value > 0.99 && (value * 1000) % 1 > 1e-6 ? 2 : 1)
  if (unit === 'hours') return office.operations.hours(fmt.decimal(value, 0))
  if (unit === 'count') return fmt.count(value)
  return value < 1 ? office.operations.milliseconds(fmt.decimal(value * 1000, value < 0.01 ? 1 : 0)) : office.operations.seconds(fmt.decimal(value, 0))
}

export function budgetSentence(uptime: Uptime): string {
  const { down_minutes: down, budget_minutes: budget } = uptime
  return office.operations.budget(
    fmt.decimal(down, 1), fmt.decimal(budget, 1), fmt.moment(uptime.since_at), fmt.count(uptime.failed_count), fmt.count(uptime.answered_count),
  )
}

export function capacitySentence(capacity: Capacity): string {
  const { beds } = capacity.assumptions
  const short = capacity.months.filter((row) => row.beds_needed > beds).length
  return short === 0 ? office.operations.suffice(fmt.count(beds)) : office.operations.short(fmt.count(short), fmt.count(beds))
}

export function capacityTable(capacity: Capacity): DataTable {
  const t = english.operations.capacityColumns
  return {
    columns: [t.month, t.perDay, t.beds, t.needed, t.neededHigh, t.full, t.nurses],
    rows: capacity.months.map((row) => [
      row.month, row.registrations_per_day, row.beds_mean, row.beds_needed, row.beds_needed_hi80, row.full_share, row.nurses_per_shift,
    ]),
  }
}
