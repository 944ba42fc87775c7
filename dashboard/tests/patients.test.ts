import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { patients } from '../src/api'

const line = (number: number) => ({ patient_id: `p-${number}`, display_name: `Lim, ${number}`, birth_year: 1980, sex: 'other', is_synthetic: false })

describe('the list of patients', () => {
  const asked = vi.fn<(request: Request) => Promise<Response>>()
  beforeEach(() => { vi.stubGlobal('fetch', asked) })
  afterEach(() => {
    vi.unstubAllGlobals()
    asked.mockReset()
  })

  /** A server with so many patients, newest first; after the first page somebody was entered. */
  function serve(count: number): void {
    asked.mockImplementation((request) => {
      const cursor = Number(new URL(request.url).searchParams.get('cursor'))
      const begin = Math.max(0, cursor - (cursor > 0 ? 1 : 0))
      const items = Array.from({ length: Math.min(200, count - begin) }, (_, index) => line(begin + index))
      const next = begin + 200 < count ? cursor + 200 : null
      return Promise.resolve(new Response(JSON.stringify({ items, next }), { headers: { 'content-type': 'application/json' } }))
    })
  }

  it('is read to its end, and nobody stands in it twice', async () => {
    serve(450)
    const { items, isCut } = await patients()
    expect([items.length, new Set(items.map((one) => one.patient_id)).size, isCut]).toEqual([450, 450, false])
    expect(items.at(-1)?.patient_id).toBe('p-449')
    expect(asked).toHaveBeenCalledTimes(3)
  })
  it('says that there are more where it stops', async () => {
    serve(5_000)
    const { items, isCut } = await patients()
    expect([isCut, asked.mock.calls.length]).toEqual([true, 10])
    expect(items.length).toBeGreaterThan(1_900)
  })
  it('of few asks once', async () => {
    serve(3)
    expect((await patients()).isCut).toBe(false)
    expect(asked).toHaveBeenCalledTimes(1)
  })
})
