import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { ApiProblem, whenSignedOut } from '../src/api'
import { addressOf, endsSoon, standingOf, tokenIn, useScreen } from '../src/features/screen'

const TOKEN = 'mds_abcdefgh_secret'
const WALL = { queue_name: 'Emergency', calls: [], next_tickets: ['E002'], waiting_count: 1, as_of: '2026-11-28T10:00:00Z', address_ends_at: '2027-02-26T10:00:00Z' }

function answering(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
}

describe('the address of a screen', () => {
  it('gives its token back, and nothing that is none', () => {
    expect(tokenIn(new URL(addressOf('q-1', TOKEN, 'https://h.example')).hash)).toBe(TOKEN)
    expect(['', '#main', '#mds_', '#mds_a b', `#${TOKEN}\n`, `#${TOKEN}ü`].map(tokenIn)).toEqual(['', '', '', '', '', ''])
  })
  it('holds the token behind #, which no request carries', () => {
    const { pathname, search } = new URL(addressOf('q-1', TOKEN, 'https://h.example'))
    expect(pathname + search).toBe('/screen/q-1')
  })
})

describe('the end of an address', () => {
  it('is said from a week before, by the time of the server', () => {
    const wall = (end: string | null) => ({ as_of: '2026-11-28T10:00:00Z', address_ends_at: end })
    const ends = ['2026-12-05T10:00:00Z', '2026-12-05T10:00:01Z', '2026-11-28T10:00:05Z', null]
    expect(ends.map((end) => endsSoon(wall(end)))).toEqual([ends[0], '', ends[2], ''])
    expect(endsSoon(undefined)).toBe('')
  })
})

describe('a screen that was not answered', () => {
  it('tells a token that has ended, a queue that is none, and a server that is away apart', () => {
    const of = (status: number) => standingOf(new ApiProblem(status, 'code', ''))
    expect([401, 403, 404, 422, 0, 429, 500, 503].map(of)).toEqual(
      ['refused', 'refused', 'unknown', 'unknown', 'away', 'away', 'away', 'away'])
  })
})

describe('a screen', () => {
  const asked = vi.fn<(request: Request) => Promise<Response>>()
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('fetch', asked)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    asked.mockReset()
  })

  function hung(token = TOKEN) {
    const queueId = ref('q-1')
    const scope = effectScope()
    const screen = scope.run(() => useScreen(queueId, ref(token))) as ReturnType<typeof useScreen>
    return { takeDown: () => { scope.stop() }, queueId, screen }
  }

  it('asks every five seconds with the token and without a cookie', async () => {
    asked.mockImplementation(() => Promise.resolve(answering(200, WALL)))
    const { takeDown, screen } = hung()
    await flushPromises()
    expect([screen.standing.value, screen.wall.value?.next_tickets]).toEqual(['live', ['E002']])
    const [request] = asked.mock.calls[0] ?? []
    expect([request?.headers.get('authorization'), request?.credentials]).toEqual([`Bearer ${TOKEN}`, 'omit'])
    expect(request?.url).toMatch(/\/api\/queues\/q-1\/wall$/)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toHaveBeenCalledTimes(3)
    takeDown()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveBeenCalledTimes(3)
  })

  it('keeps the last calls while the server is away, and comes back by itself', async () => {
    asked.mockImplementationOnce(() => Promise.resolve(answering(200, WALL)))
    asked.mockImplementationOnce(() => Promise.reject(new TypeError('no network')))
    asked.mockImplementation(() => Promise.resolve(answering(200, { ...WALL, next_tickets: ['E003'] })))
    const { takeDown, screen } = hung()
    await flushPromises()
    await vi.advanceTimersByTimeAsync(5_000)
    expect([screen.standing.value, screen.wall.value?.next_tickets]).toEqual(['away', ['E002']])
    await vi.advanceTimersByTimeAsync(5_000)
    expect([screen.standing.value, screen.wall.value?.next_tickets]).toEqual(['live', ['E003']])
    takeDown()
  })

  it('shows nothing any more once its token has ended, asks seldom, and signs nobody out', async () => {
    const out = vi.fn()
    whenSignedOut(out)
    asked.mockImplementationOnce(() => Promise.resolve(answering(200, WALL)))
    asked.mockImplementation(() => Promise.resolve(answering(401, { code: 'not_signed_in' })))
    const { takeDown, screen } = hung()
    await flushPromises()
    await vi.advanceTimersByTimeAsync(5_000)
    expect([screen.standing.value, screen.wall.value]).toEqual(['refused', undefined])
    await vi.advanceTimersByTimeAsync(59_000)
    expect(asked).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(asked).toHaveBeenCalledTimes(3)
    expect(out).not.toHaveBeenCalled()
    takeDown()
  })

  it('without a token asks nobody', async () => {
    const { takeDown, screen } = hung('')
    await flushPromises()
    expect(screen.standing.value).toBe('refused')
    expect(asked).not.toHaveBeenCalled()
    takeDown()
  })

  it('never shows the answer of another queue', async () => {
    let settle: (answer: Response) => void = () => undefined
    asked.mockImplementationOnce(() => new Promise((resolve) => { settle = resolve }))
    asked.mockImplementation(() => Promise.resolve(answering(200, { ...WALL, queue_name: 'Radiology' })))
    const { takeDown, queueId, screen } = hung()
    queueId.value = 'q-2'
    await flushPromises()
    settle(answering(200, WALL))
    await flushPromises()
    expect(screen.wall.value?.queue_name).toBe('Radiology')
    takeDown()
  })
})
