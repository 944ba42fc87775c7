/**
 * What a steward does about parked rows: open one, mend it, let it pass, have its month made again.
 * Belongs here: the calls with their state, and what follows from an answer. Does not belong here: words and layout.
 */
import { useQueryCache } from '@pinia/colada'
import { useIntervalFn } from '@vueuse/core'
import { computed, ref } from 'vue'
import * as api from '../api'
import { office as english } from '../text/en/office'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'
import { problemWords } from './problem-words'
import type { DataTable } from './table'

export type { BrokenRule, ContractVersion, DecisionView, ParkedDetail, ReplayView, RuleTrend } from '../api'

/** How often a replay is looked at; the pipeline's sensor wakes every half minute. */
const LOOK_EVERY_MS = 2_000

export function useParkedRow(id: string) {
  const { data: row, state } = usePanel({ key: ['parked-row', id], query: () => api.parkedRow(id) })
  return { row, state }
}

export function useDecision(id: string) {
  const renews = [['quarantine'], ['parked-row', id]]
  return {
    fix: useChange(({ changes, reason }: { changes: Record<string, string | null>; reason: string }) => api.fixRow(id, changes, reason), renews),
    waive: useChange(
      ({ rules, reason, until }: { rules: string[]; reason: string; until: string | null }) => api.waiveRow(id, rules, reason, until), renews),
  }
}

/** Whether nothing more will come of a replay: all its months are made, or what is left is never made. */
export function isOver(replay: api.ReplayView): boolean {
  return replay.state === 'done' || replay.state === 'refused'
}

/** Ask for a replay and follow it to its end. */
export function useReplay() {
  const cache = useQueryCache()
  const replay = ref<api.ReplayView>()
  const problem = ref('')
  const isAsking = ref(false)
  const { pause, resume } = useIntervalFn(look, LOOK_EVERY_MS, { immediate: false })

  async function look(): Promise<void> {
    if (!replay.value) return
    try {
      replay.value = await api.replay(replay.value.replay_id)
    } catch {
      return // The next look says more.
    }
    if (isOver(replay.value)) {
      pause()
      await Promise.all(['quarantine', 'validation-runs', 'validation-trends'].map((name) => cache.invalidateQueries({ key: [name] })))
    }
  }

  async function ask(): Promise<void> {
    problem.value = ''
    isAsking.value = true
    try {
      replay.value = await api.replayQuarantine()
      if (!isOver(replay.value)) resume()
    } catch (error) {
      problem.value = problemWords(error)
    } finally {
      isAsking.value = false
    }
  }

  const isUnderWay = computed(() => replay.value !== undefined && !isOver(replay.value))
  return { replay, isUnderWay, problem, isAsking, ask }
}

export function useTrends() {
  const { data, state } = usePanel({ key: ['validation-trends'], query: api.validationTrends }, (answer) => answer.rules.length === 0)
  return { rules: computed(() => data.value?.rules), state }
}

export function useContracts() {
  const { items: contracts, state } = useListPanel({ key: ['contracts'], query: api.contracts })
  return { contracts, state }
}

/** The fields that the broken rules look at, the first ones first; all fixable ones when none is named. */
export function fieldsInDoubt(row: api.ParkedDetail): string[] {
  const named = row.rules.flatMap((rule) => row.fixable.filter((field) => field === rule.column || rule.rule.startsWith(`${field}_`)))
  return [...new Set(named)]
}

/** What was changed against the row as received; an emptied field becomes null. */
export function changesOf(row: api.ParkedDetail, values: Readonly<Record<string, string>>): Record<string, string | null> {
  const changed = Object.entries(values).filter(([name, value]) => value.trim() !== (row.raw[name] ?? '').trim())
  return Object.fromEntries(changed.map(([name, value]) => [name, value.trim() || null]))
}

export function trendsTable(rules: readonly api.RuleTrend[]): DataTable {
  const t = english.quality
  return {
    columns: [t.rule, t.suite, t.kahn, t.severity, t.month, t.rows, t.failed, t.waived, t.passRate],
    rows: rules.flatMap((rule) => rule.points.map((point) => [
      rule.rule, rule.suite, rule.kahn, rule.severity, point.month, point.row_count, point.failed_rows, point.waived_rows, point.pass_rate,
    ])),
  }
}

export function contractsTable(contracts: readonly api.ContractVersion[]): DataTable {
  const t = english.quality
  return {
    columns: [t.source, t.version, t.verdict, t.changes, t.file, t.since],
    rows: contracts.map((one) => [
      one.source, one.version, one.verdict, one.changes.map((change) => change.detail).join('; '), one.file_name, one.noted_at,
    ]),
  }
}
