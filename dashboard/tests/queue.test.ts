/** The line somebody works at never changes under their hand. */
import { expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import { useChosenQueue, type QueueSummary } from '../src/features/queue'

const line = (queue_id: string, waiting_count: number) => ({ queue_id, name: queue_id, waiting_count }) as QueueSummary

it('starts with the fullest queue and stays until another is chosen or it is gone', async () => {
  const queues = ref<QueueSummary[]>()
  const { queueId, chosen, options } = useChosenQueue(queues)
  expect(queueId.value).toBe('')
  queues.value = [line('a', 2), line('b', 3)]
  await nextTick()
  expect([queueId.value, chosen.value?.waiting_count]).toEqual(['b', 3])
  queues.value = [line('a', 2), line('b', 1)]
  await nextTick()
  expect([queueId.value, chosen.value?.waiting_count]).toEqual(['b', 1])
  expect(options.value.map((one) => one.label)).toEqual(['a (2)', 'b (1)'])
  queues.value = [line('a', 2)]
  await nextTick()
  expect(queueId.value).toBe('a')
})
