/** What is due over all of one's patients: care tasks, and doses of medicines. */
import { computed, type Ref } from 'vue'
import * as api from '../api'
import { words } from '../text/operations'
import { useChange } from './change'
import { useListPanel } from './panel'

/** A task counts as due from an hour before its time, as most doses do. */
const SOON = 3_600_000

export type { DueDose, DueTask } from '../api'

/** A dose as it may be told of: given, or the reason why it was not. */
export type DoseTold = { dose: api.DueDose; givenAt: string | undefined; reason: api.NotGivenReason | undefined }

export function useDueTasks() {
  const { items: tasks, state } = useListPanel({ key: ['care-tasks'], query: api.dueTasks })
  return {
    tasks,
    overdue: computed(() => tasks.value?.filter((one) => one.is_overdue).length ?? 0),
    state,
    closing: useChange((task: api.DueTask) => api.closeTask(task.patient_id, task.task_id, task.version), [['care-tasks']]),
  }
}

export function useDueDoses() {
  const { items: doses, state } = useListPanel({ key: ['doses'], query: api.dueDoses })
  return {
    doses,
    late: computed(() => doses.value?.filter((one) => one.state === 'overdue').length ?? 0),
    state,
    recording: useChange(({ dose, givenAt, reason }: DoseTold) =>
      api.recordDose(dose.patient_id, dose.medication_id, dose.version, reason
        ? { outcome: 'not_given', reason_code: reason }
        : { outcome: 'given', ...(givenAt ? { given_at: givenAt } : {}) }), [['doses']]),
  }
}

/** What is due for one patient, in a few words for the flow board. */
export interface DueMark {
  text: string
  isLate: boolean
}

function marksOf(late: number, due: number, words: (count: number, isLate: boolean) => string): DueMark[] {
  return [{ count: late, isLate: true }, { count: due, isLate: false }]
    .filter(({ count }) => count > 0)
    .map(({ count, isLate }) => ({ text: words(count, isLate), isLate }))
}

/** Doses and tasks that are due or late, by patient. */
export function dueMarks(doses: readonly api.DueDose[], tasks: readonly api.DueTask[], now: number): ReadonlyMap<string, readonly DueMark[]> {
  const isDue = (task: api.DueTask) => !task.is_overdue && task.due_at !== null && Date.parse(task.due_at) - now < SOON
  const ids = new Set([...doses, ...tasks].map((one) => one.patient_id))
  return new Map([...ids].map((id) => {
    const own = doses.filter((one) => one.patient_id === id)
    const todo = tasks.filter((one) => one.patient_id === id)
    return [id, [
      ...marksOf(own.filter((one) => one.state === 'overdue').length, own.filter((one) => one.state === 'due').length, words.marks.doses),
      ...marksOf(todo.filter((one) => one.is_overdue).length, todo.filter(isDue).length, words.marks.tasks),
    ]] as const
  }))
}

export function useDueMarks(now: Ref<number>) {
  const { doses } = useDueDoses()
  const { tasks } = useDueTasks()
  return computed(() => dueMarks(doses.value ?? [], tasks.value ?? [], now.value))
}
