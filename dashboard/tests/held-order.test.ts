/** Rows stay where they are while somebody points at them. */
import { describe, expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import { changesBetween, useHeldOrder } from '../src/features/held-order'

const row = (entry_id: string, version = 1) => ({ entry_id, version })

describe('held order', () => {
  it('counts rows that came, went, changed and moved', () => {
    expect(changesBetween([row('a'), row('b')], [row('a'), row('b')])).toBe(0)
    expect(changesBetween([row('a'), row('b')], [row('b'), row('a')])).toBe(2)
    expect(changesBetween([row('a'), row('b')], [row('a', 2)])).toBe(2)
    expect(changesBetween([], [row('a')])).toBe(1)
  })

  it('keeps changes back while held, and shows them when asked, released, or after an act of one’s own', async () => {
    const source = ref([row('a'), row('b')])
    const table = useHeldOrder(() => source.value)
    table.hold()
    source.value = [row('b'), row('a'), row('c')]
    await nextTick()
    expect(table.shown.value.map((one) => one.entry_id)).toEqual(['a', 'b'])
    expect(table.pending.value).toBe(3)
    table.apply()
    expect(table.shown.value).toHaveLength(3)
    table.acted(row('a'))
    source.value = [row('c')]
    await nextTick()
    expect(table.shown.value.map((one) => one.entry_id)).toEqual(['c'])
    source.value = []
    await nextTick()
    expect(table.pending.value).toBe(1)
    table.release()
    expect(table.shown.value).toEqual([])
  })

  it('shows an act of one’s own in every table that has the row, also in the one where the pointer came to rest', async () => {
    const board = ref([row('a'), row('b')])
    const mine = ref([row('a')])
    const [acting, other] = [useHeldOrder(() => board.value), useHeldOrder(() => mine.value)]
    acting.acted(row('a'))
    other.hold()
    mine.value = []
    await nextTick()
    expect(other.shown.value).toEqual([])
    mine.value = [row('c')]
    await nextTick()
    expect(other.pending.value).toBe(1)
  })

  it('shows an act of one’s own even where an answer from before it comes in between', async () => {
    const source = ref([row('a'), row('b')])
    const table = useHeldOrder(() => source.value)
    table.hold()
    table.acted(row('a'))
    source.value = [row('a'), row('b')]
    await nextTick()
    source.value = [row('b')]
    await nextTick()
    expect(table.shown.value.map((one) => one.entry_id)).toEqual(['b'])
    source.value = []
    await nextTick()
    expect(table.pending.value).toBe(1)
  })
})
