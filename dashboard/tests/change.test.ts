/** A change that a person makes: what it says while it runs, when it fails, and when only the reading after it fails. */
import { PiniaColada, useQuery } from '@pinia/colada'
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { ApiProblem } from '../src/api/problem'
import { useChange } from '../src/features/change'
import { usePanel } from '../src/features/panel'

function within<T>(setup: () => T): T {
  let given: T | undefined
  mount(defineComponent({ setup: () => { given = setup() }, render: () => null }), { global: { plugins: [createPinia(), PiniaColada] } })
  return given as T
}

const conflict = new ApiProblem(409, 'conflict', 'Somebody was faster.')

describe('a change', () => {
  it('that fails gives nothing, throws nothing and says why until the next attempt', async () => {
    let answer: () => Promise<string> = () => Promise.reject(conflict)
    const change = within(() => useChange(() => answer()))
    expect(await change.run()).toBeUndefined()
    expect(change.problem.value).toBe('Somebody was faster.')
    let end: (value: string) => void = () => undefined
    answer = () => new Promise((resolve) => { end = resolve })
    const second = change.run()
    expect([change.isBusy.value, change.problem.value]).toEqual([true, ''])
    await flushPromises()
    end('done')
    expect(await second).toBe('done')
    expect([change.isBusy.value, change.answer.value]).toEqual([false, 'done'])
  })

  it('stands though what it changed cannot be read again', async () => {
    let fails = false
    const { change, query } = within(() => ({
      change: useChange(() => { fails = true; return Promise.resolve('done') }, [['rows']]),
      query: useQuery({ key: ['rows'], query: () => (fails ? Promise.reject(conflict) : Promise.resolve(1)) }),
    }))
    await flushPromises()
    expect(await change.run()).toBe('done')
    expect([change.problem.value, query.error.value]).toEqual(['', conflict])
  })
})

describe('the state of a panel', () => {
  it('brings the way to try again, whatever the query', async () => {
    let asked = 0
    const { data, state } = within(() => usePanel<number>({
      key: ['figure'], query: () => { asked += 1; return asked === 1 ? Promise.reject(conflict) : Promise.resolve(7) },
    }))
    await flushPromises()
    expect(state.value).toMatchObject({ status: 'error', problem: 'Somebody was faster.' })
    state.value.retry?.()
    await flushPromises()
    expect([state.value.status, data.value]).toEqual(['ready', 7])
  })
})
