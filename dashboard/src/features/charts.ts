/** Patients that one may see, and one chart. */
import { useQuery } from '@pinia/colada'
import { computed, ref, type Ref } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { useListPanel, usePanel } from './panel'

export type { ChartEntry, FittingProtocol, Insight, Look, MedicationView as Medication, PatientLine, PatientView } from '../api'

const folded = (words: string) => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** Whether all words stand in a line, in any order and without regard to accents: «grace lim» finds «Lim, Grace». */
export function isMeant(line: string, wanted: string): boolean {
  const there = folded(line)
  return folded(wanted).split(/[\s,]+/).every((word) => there.includes(word))
}

export function usePatients() {
  const { page, items: all, state } = useListPanel({ key: ['patients'], query: api.patients })
  const wanted = ref('')
  /** Names are compared here: they leave the server for whoever may see them, and are searched nowhere else. */
  const shown = computed(() => all.value?.filter((one) => isMeant(`${one.display_name} ${one.patient_id}`, wanted.value)))
  /** How many are listed, where there are more. */
  const cutAt = computed(() => (page.value?.isCut ? page.value.items.length : 0))
  return { wanted, shown, cutAt, state }
}

/** Names of the patients whom one may see: a queue's own rows name nobody. */
export function useNames() {
  const query = useQuery({ key: ['patients'], query: api.patients })
  const lines = computed(() => new Map(query.data.value?.items.map((one) => [one.patient_id, one])))
  return { lines, nameOf: (id: string) => lines.value.get(id)?.display_name }
}

type Part<T> = (id: string) => Promise<{ items: T[] }>

function usePart<T>(name: string, id: Ref<string>, ask: Part<T>) {
  const { items, state } = useListPanel({ key: () => ['chart', id.value, name], query: () => ask(id.value), enabled: () => id.value !== '' })
  return { items, state }
}

/** The parts of one chart; each says by itself when it cannot be read. */
export function useChart(id: Ref<string>) {
  const { data: patient, state } = usePanel({
    key: () => ['chart', id.value, 'patient'], query: () => api.patient(id.value), enabled: () => id.value !== '',
  })
  return {
    patient,
    state,
    insights: usePart('insights', id, api.insights),
    protocols: usePart('protocols', id, api.protocols),
    visits: usePart('visits', id, api.visits),
    records: usePart('records', id, api.records),
    medications: usePart('medications', id, api.medications),
    tasks: usePart('tasks', id, api.careTasks),
  }
}

/** The risk of the last visit; nothing where nobody registered the patient here. */
export function usePatientRisk(id: Ref<string>) {
  const { data: risk, state } = usePanel({
    key: () => ['patient-risk', id.value],
    query: () => api.patientRisk(id.value).catch((error: unknown) => {
      if (error instanceof api.ApiProblem && error.code === 'registration_not_found') return null
      throw error
    }),
    enabled: () => id.value !== '',
  })
  return { risk, state }
}

export type RecordKind = api.NewRecord['kind']

/** What changes a chart; afterwards it is read again. */
export function useChartWork(id: Ref<string>) {
  const renews = () => [['chart', id.value]]
  return {
    note: useChange(
      ({ kind, title, words }: { kind: RecordKind; title: string; words: string }) => api.writeRecord(id.value, { kind, title, text: words }), renews),
    closing: useChange(({ taskId, version }: { taskId: string; version: number }) => api.closeTask(id.value, taskId, version), renews),
    plan: useChange(({ what, dueAt }: { what: string; dueAt: string }) => api.planTask(id.value, what.slice(0, 120), dueAt), renews),
    prescription: useChange((wish: Parameters<typeof api.prescribe>[1]) => api.prescribe(id.value, wish), renews),
    stopping: useChange(
      ({ medicationId, version }: { medicationId: string; version: number }) => api.stopMedication(id.value, medicationId, version), renews),
  }
}

/** Open a chart in an emergency, with a reason that is reviewed. */
export function useBreakGlass() {
  return useChange(({ patientId, reason }: { patientId: string; reason: string }) => api.breakGlass(patientId, reason), [['patients']])
}

/** Who looked at one's own record. */
export function useLooks(id: Ref<string>) {
  return usePart('looks', id, api.accessLog)
}

/** What rules say of one's own chart. */
export function useOwnInsights(id: Ref<string>) {
  return usePart('insights', id, api.insights)
}

/** Of a patient: one's own id at the hospital, empty while the hospital has no record. */
export function useOwnPatientId() {
  const query = useQuery({ key: ['patients'], query: api.patients })
  return computed(() => query.data.value?.items[0]?.patient_id ?? '')
}
