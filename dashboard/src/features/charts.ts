/** Patients that one may see, and one chart. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed, ref, type Ref } from 'vue'
import * as api from '../api'
import { text } from '../text/general'
import { panelState } from './panel'
import { problemWords } from './problem-words'

export type { ChartEntry, FittingProtocol, Insight, Look, MedicationView as Medication, PatientLine, PatientView } from '../api'

const folded = (words: string) => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** Whether all words stand in a line, in any order and without regard to accents: «grace lim» finds «Lim, Grace». */
export function isMeant(line: string, wanted: string): boolean {
  const there = folded(line)
  return folded(wanted).split(/[\s,]+/).every((word) => there.includes(word))
}

/** A recorded sex in the words of the page. */
export const sexWord = (sex: string) => (text.field.sexes as Readonly<Record<string, string>>)[sex]?.toLowerCase() ?? sex

export function usePatients() {
  const query = useQuery({ key: ['patients'], query: api.patients })
  const wanted = ref('')
  const all = computed(() => query.data.value?.items)
  /** Names are compared here: they leave the server for whoever may see them, and are searched nowhere else. */
  const shown = computed(() => all.value?.filter((one) => isMeant(`${one.display_name} ${one.patient_id}`, wanted.value)))
  const state = computed(() => panelState({ data: all.value, error: query.error.value, isEmpty: all.value?.length === 0 }))
  return { wanted, shown, state, retry: () => query.refetch() }
}

/** Names of the patients whom one may see: a queue's own rows name nobody. */
export function useNames() {
  const query = useQuery({ key: ['patients'], query: api.patients })
  const lines = computed(() => new Map(query.data.value?.items.map((one) => [one.patient_id, one])))
  return { lines, nameOf: (id: string) => lines.value.get(id)?.display_name }
}

type Part<T> = (id: string) => Promise<{ items: T[] }>

function usePart<T>(name: string, id: Ref<string>, ask: Part<T>) {
  const query = useQuery({ key: () => ['chart', id.value, name], query: () => ask(id.value), enabled: () => id.value !== '' })
  const items = computed(() => query.data.value?.items)
  const state = computed(() => panelState({ data: items.value, error: query.error.value, isEmpty: items.value?.length === 0 }))
  return { items, state, retry: () => query.refetch() }
}

/** The parts of one chart; each says by itself when it cannot be read. */
export function useChart(id: Ref<string>) {
  const query = useQuery({ key: () => ['chart', id.value, 'patient'], query: () => api.patient(id.value), enabled: () => id.value !== '' })
  return {
    patient: computed(() => query.data.value),
    problem: computed(() => (query.error.value ? problemWords(query.error.value) : '')),
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
  const query = useQuery({
    key: () => ['patient-risk', id.value],
    query: () => api.patientRisk(id.value).catch((error: unknown) => {
      if (error instanceof api.ApiProblem && error.code === 'registration_not_found') return null
      throw error
    }),
    enabled: () => id.value !== '',
  })
  return {
    risk: computed(() => query.data.value), retry: () => query.refetch(),
    state: computed(() => panelState({ data: query.data.value, error: query.error.value })),
  }
}

/** What changes a chart; afterwards it is read again. */
export type RecordKind = api.NewRecord['kind']

export function useChartWork(id: Ref<string>) {
  const cache = useQueryCache()
  const onSettled = () => cache.invalidateQueries({ key: ['chart', id.value] })
  const note = useMutation({
    mutation: ({ kind, title, words }: { kind: RecordKind; title: string; words: string }) =>
      api.writeRecord(id.value, { kind, title, text: words }),
    onSettled,
  })
  const task = useMutation({
    mutation: ({ taskId, version }: { taskId: string; version: number }) => api.closeTask(id.value, taskId, version),
    onSettled,
  })
  const plan = useMutation({
    mutation: ({ what, dueAt }: { what: string; dueAt: string }) => api.planTask(id.value, what.slice(0, 120), dueAt),
    onSettled,
  })
  const medication = useMutation({
    mutation: (wish: Parameters<typeof api.prescribe>[1]) => api.prescribe(id.value, wish),
    onSettled,
  })
  const stop = useMutation({
    mutation: ({ medicationId, version }: { medicationId: string; version: number }) => api.stopMedication(id.value, medicationId, version),
    onSettled,
  })
  const emergency = useMutation({
    mutation: ({ patientId, reason }: { patientId: string; reason: string }) => api.breakGlass(patientId, reason),
  })
  const fault = computed(() =>
    note.error.value ?? task.error.value ?? plan.error.value ?? medication.error.value ?? stop.error.value ?? emergency.error.value)
  return {
    writeNote: note.mutateAsync, closeTask: task.mutateAsync, planStep: plan.mutateAsync, prescribe: medication.mutateAsync,
    stopMedication: stop.mutateAsync, breakGlass: emergency.mutateAsync,
    problem: computed(() => (fault.value ? problemWords(fault.value) : '')),
  }
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
