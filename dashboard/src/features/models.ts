/** Released models, the gate's verdicts, and moving the champion. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { useIntervalFn } from '@vueuse/core'
import { computed } from 'vue'
import * as api from '../api'
import * as fmt from '../fmt'
import { office as english } from '../text/en/office'
import { useChange } from './change'
import { useListPanel } from './panel'
import type { DataTable } from './table'

export type { ModelVersion } from '../api'

/** An alarm may come between the first answer and the live connection: so the page also asks by itself. */
const ASK_EVERY_MS = 15_000

export function useModels() {
  const cache = useQueryCache()
  useIntervalFn(() => void cache.invalidateQueries({ key: ['models'] }).catch(() => undefined), ASK_EVERY_MS)
  const { page, items: models, state } = useListPanel({ key: ['models'], query: api.models })
  const troubles = computed(() => page.value?.troubles ?? [])
  const places = computed(() => page.value && placesOf(page.value))
  return { models, troubles, places, state }
}

/**
 * Where a service is seen from here. An address of the server's own loop leads to the host that this page came from; one
 * that is none leads nowhere.
 */
export function reachable(address: string, host = location.hostname): string | undefined {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  if (['127.0.0.1', 'localhost', '0.0.0.0', '[::1]'].includes(url.hostname)) url.hostname = host
  return url.href.replace(/\/$/, '')
}

export interface Places {
  dagster: string | undefined
  mlflow: string | undefined
}

function placesOf(list: { dagster_address: string; mlflow_address: string }): Places {
  return { dagster: reachable(list.dagster_address), mlflow: reachable(list.mlflow_address) }
}

/** Where Dagster and MLflow are, for whom they open. */
export function usePlaces(isWanted: () => boolean) {
  const query = useQuery({ key: ['models'], query: api.models, enabled: isWanted })
  return computed((): Places => (isWanted() && query.data.value ? placesOf(query.data.value) : { dagster: undefined, mlflow: undefined }))
}

/** Make a version champion, or return to the champion before (version null). */
export function useMove() {
  return useChange(
    ({ version, reason }: { version: number | null; reason: string }): Promise<api.PromotionOutcome> =>
      (version === null ? api.rollBack(reason) : api.promote(version, reason)),
    [['models']])
}

/** Which of the held-out results are told first, and how they are written. The CSV has all of them. */
const HEADLINES = ['accuracy', 'auroc', 'f1', 'ece', 'brier'] as const
const NAMES: Readonly<Record<string, string>> = { accuracy: 'Accuracy', auroc: 'AUROC', f1: 'F1', ece: 'ECE', brier: 'Brier' }

/** A metric is a number, or an estimate with its interval. */
function estimate(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const inner = (value as { value?: unknown; mean?: unknown; estimate?: unknown } | null) ?? {}
  return [inner.value, inner.mean, inner.estimate].find((part) => typeof part === 'number') as number | undefined
}

/** The metrics of the ensemble where members are told apart, else the ones at the top. */
function metricsOf(model: api.ModelVersion): Record<string, unknown> {
  const ensemble = model.metrics.ensemble
  return typeof ensemble === 'object' && ensemble !== null ? (ensemble as Record<string, unknown>) : model.metrics
}

export function headlineMetrics(model: api.ModelVersion): { name: string; value: string }[] {
  const metrics = metricsOf(model)
  return HEADLINES.flatMap((key) => {
    const value = estimate(metrics[key])
    return value === undefined ? [] : [{ name: NAMES[key] ?? key, value: fmt.decimal(value, 3) }]
  })
}

export function modelsTable(models: readonly api.ModelVersion[]): DataTable {
  const t = english.models
  return {
    columns: [t.version, t.champion, t.verdict, t.released, ...HEADLINES.map((key) => NAMES[key] ?? key), t.reasons],
    rows: models.map((model) => [
      model.version, model.is_champion ? 'yes' : 'no', model.verdict, model.released_at,
      ...HEADLINES.map((key) => estimate(metricsOf(model)[key]) ?? null), model.reasons.join('; '),
    ]),
  }
}

const MANY = 4

/** A reason of the gate; of a long list the first few and how many more: the card names them all. */
export function shortReason(reason: string): string {
  const [lead = '', list] = fmt.sentence(reason).split(': ')
  const names = list?.split(', ').map((name) => name.replaceAll('_', ' ')) ?? []
  if (names.length <= MANY) return fmt.sentence(reason)
  return `${lead}: ${names.slice(0, MANY - 1).join(', ')} and ${fmt.count(names.length - MANY + 1)} more`
}
