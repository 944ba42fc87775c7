/**
 * The state of one panel, in the shape that PanelCard shows.
 * Belongs here: loading, error, empty, stale. Does not belong here: what is inside the panel.
 */
import { problemWords } from './problem-words'

export interface PanelState {
  status: 'loading' | 'error' | 'empty' | 'ready'
  /** With `error`: what happened, in words. */
  problem: string
  /** Data are shown, but the last attempt to renew them failed. */
  isStale: boolean
}

/** Judge a query: old data stay on screen when renewing them fails. */
export function panelState(query: { data: unknown; error: unknown; isEmpty?: boolean }): PanelState {
  if (query.data === undefined || query.data === null) {
    if (query.error) return { status: 'error', problem: problemWords(query.error), isStale: false }
    if (query.data === null) return { status: 'empty', problem: '', isStale: false }
    return { status: 'loading', problem: '', isStale: false }
  }
  return { status: query.isEmpty ? 'empty' : 'ready', problem: '', isStale: Boolean(query.error) }
}
