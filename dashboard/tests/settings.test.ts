/** What somebody is typing stays while the hospital goes on. */
import { PiniaColada } from '@pinia/colada'
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { Quasar } from 'quasar'
import { expect, it } from 'vitest'
import QueueSettings from '../src/components/QueueSettings.vue'
import type { QueueSummary } from '../src/features/queue'

const queue = (waiting_count: number, version: number) => ({
  queue_id: 'q', name: 'Emergency', waiting_count, version, acuity_scale: 'ESI', target_minutes: [0, 10, 60, 120, 240], day_ends_local: null,
  time_zone: 'Europe/Berlin',
}) as unknown as QueueSummary

it('keeps the typed times when another patient comes, and takes new settings', async () => {
  const form = mount(QueueSettings, { props: { queue: queue(1, 1) }, global: { plugins: [Quasar, createPinia(), PiniaColada] } })
  const [times] = form.findAll('input')
  await times?.setValue('0, 15, 45, 90, 180')
  await form.setProps({ queue: queue(2, 1) })
  expect(times?.element.value).toBe('0, 15, 45, 90, 180')
  await form.setProps({ queue: queue(2, 2) })
  expect(times?.element.value).toBe('0, 10, 60, 120, 240')
})
