/** A replay is followed to its end, and it has one: also where a month is left that the pipeline never makes. */
import { PiniaColada } from '@pinia/colada'
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { Quasar } from 'quasar'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import ReplayPanel from '../src/components/ReplayPanel.vue'
import type { ReplayView } from '../src/features/stewardship'

const COUNTS = { raw: 5, validated: 3, quarantined: 1, superseded: 1, duplicates: 0, waived: 0, dagster_run_id: 'r', counted_at: '2026-11-01T00:00:00Z' }
const { ask, look } = vi.hoisted(() => ({ ask: vi.fn(), look: vi.fn() }))
vi.mock('../src/api', () => ({ replayQuarantine: ask, replay: look }))

function told(state: ReplayView['state'], isDone: boolean): ReplayView {
  return {
    replay_id: '00000000-0000-7000-8000-000000000000', requested_by_name: 'Priya Raman', requested_at: '2026-11-01T00:00:00Z', state,
    is_reconciled: state === 'done', first_month: '2015-01', last_month: '2026-11',
    months: [
      { month: '2014-12', is_done: false, is_outside: true, before: null, after: null },
      { month: '2024-03', is_done: isDone, is_outside: false, before: null, after: isDone ? COUNTS : null },
    ],
  }
}

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

it('ends with its reason where a month is never made, asks no more and lets itself be asked for again', async () => {
  ask.mockResolvedValue(told('waiting', false))
  look.mockResolvedValue(told('refused', true))
  const panel = mount(ReplayPanel, { global: { plugins: [createPinia(), PiniaColada, Quasar] } })
  await panel.find('button').trigger('click')
  await flushPromises()
  expect(panel.text()).toContain('Waiting for the pipeline')
  expect(panel.find('progress').exists()).toBe(true)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(panel.text()).toContain('Ended, not every month can be made')
  expect(panel.text()).toContain('1 of 2 months made')
  expect(panel.text()).toContain('Dec 2014: the pipeline makes the months from Jan 2015 to Nov 2026 and no others')
  expect(panel.find('progress').exists()).toBe(false)
  expect(panel.find('button').attributes('disabled')).toBeUndefined()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(look).toHaveBeenCalledTimes(1)
})
