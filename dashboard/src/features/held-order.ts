/**
 * Rows that do not move under a hand: while the pointer or the focus is in the table, what comes is kept back and counted.
 * Belongs here: holding and applying. Does not belong here: what the rows are.
 */
import { tryOnScopeDispose } from '@vueuse/core'
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

/** Every table on the page: a row that somebody acted on in one may stand in another, where the pointer rests afterwards. */
const tables = new Set<(entry: string) => void>()

export function useHeldOrder<T extends Row>(source: () => readonly T[]) {
  const shown = shallowRef<readonly T[]>(source())
  const isHeld = ref(false)
  /** One's own acts that have not shown yet: the entry, and its version when it was acted on. */
  const own = new Map<string, number>()
  const pending = computed(() => (isHeld.value ? changesBetween(shown.value, source()) : 0))

  function apply(): void {
    shown.value = source()
  }

  /** Forget the acts whose entry has gone or has another version now. */
  function settle(rows: readonly T[]): void {
    const versions = new Map(rows.map((row) => [row.entry_id, row.version]))
    for (const [entry, version] of own) if (versions.get(entry) !== version) own.delete(entry)
  }

  function note(entry: string): void {
    const row = source().find((one) => one.entry_id === entry)
    if (row) own.set(entry, row.version)
  }

  tables.add(note)
  tryOnScopeDispose(() => { tables.delete(note) })

  watch(source, (rows) => {
    // One's own act is answered at once, and what was read before it came through does not use that up.
    if (!isHeld.value || own.size > 0) apply()
    settle(rows)
  })

  return {
    shown, pending, apply,
    hold: () => { isHeld.value = true },
    release: () => { isHeld.value = false; own.clear(); apply() },
    acted: (row: T) => { for (const told of tables) told(row.entry_id) },
  }
}
