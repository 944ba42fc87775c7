/**
 * Rows that do not move under a hand: while the pointer or the focus is in the table, what comes is kept back and counted.
 * Belongs here: holding and applying. Does not belong here: what the rows are.
 */
import { computed, ref, shallowRef, watch } from 'vue'

export interface Row {
  entry_id: string
  version: number
}

/** How many rows came, went, changed or moved between two lists. */
export function changesBetween(before: readonly Row[], after: readonly Row[]): number {
  const places = new Map(before.map((row, place) => [row.entry_id, { place, version: row.version }]))
  let changed = 0
  after.forEach((row, place) => {
    const was = places.get(row.entry_id)
    if (was?.version !== row.version || was.place !== place) changed += 1
    places.delete(row.entry_id)
  })
  return changed + places.size
}

export function useHeldOrder<T extends Row>(source: () => readonly T[]) {
  const shown = shallowRef<readonly T[]>(source())
  const isHeld = ref(false)
  /** One's own act is answered at once. */
  let isOwn = false
  const pending = computed(() => (isHeld.value ? changesBetween(shown.value, source()) : 0))

  function apply(): void {
    shown.value = source()
    isOwn = false
  }

  watch(source, () => {
    if (!isHeld.value || isOwn) apply()
  })

  return {
    shown, pending, apply,
    hold: () => { isHeld.value = true },
    release: () => { isHeld.value = false; apply() },
    acted: () => { isOwn = true },
  }
}
