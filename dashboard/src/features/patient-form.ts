/**
 * The fields that describe a patient: names, units, plausible ranges, and reading them into a request.
 * Belongs here: what the forms share. Does not belong here: sending (risk.ts, registrations.ts). The ranges are those of
 * core/vocabulary.py PLAUSIBLE_RANGES; the server checks again.
 */
import { reactive, ref } from 'vue'
import type { Fields } from '../api'
import * as fmt from '../fmt'
import { text } from '../text/general'
import { typedNumber } from './typed-number'

export type FieldName =
  | 'patient_id' | 'facility' | 'condition' | 'condition_code' | 'sex' | 'age_years' | 'acuity' | 'comorbidity_count'
  | 'systolic_bp' | 'diastolic_bp' | 'heart_rate' | 'respiratory_rate' | 'temperature_c' | 'spo2_pct'

export interface FieldKind {
  name: FieldName
  isNumber: boolean
  unit?: string
  low?: number
  high?: number
  isWhole?: boolean
  options?: readonly { value: string; label: string }[]
}

const number = (name: FieldName, low: number, high: number, unit?: string, isWhole = false): FieldKind =>
  ({ name, isNumber: true, low, high, isWhole, ...(unit ? { unit } : {}) })
const words = (name: FieldName): FieldKind => ({ name, isNumber: false })

const unknown = { value: '', label: text.field.choose }
const sexes = Object.entries(text.field.sexes).map(([value, label]) => ({ value, label }))
const acuities = Object.entries(text.field.acuities).map(([value, label]) => ({ value, label }))

export const VISIT_FIELDS: readonly FieldKind[] = [words('patient_id'), words('facility'), words('condition'), words('condition_code')]

export const PERSON_FIELDS: readonly FieldKind[] = [
  number('age_years', 0, 120, text.field.years),
  { name: 'sex', isNumber: false, options: [unknown, ...sexes] },
  { name: 'acuity', isNumber: true, isWhole: true, options: [unknown, ...acuities] },
  number('comorbidity_count', 0, 30, undefined, true),
]

export const VITAL_FIELDS: readonly FieldKind[] = [
  number('systolic_bp', 30, 300, 'mmHg'),
  number('diastolic_bp', 10, 200, 'mmHg'),
  number('heart_rate', 10, 300, text.field.perMinute),
  number('respiratory_rate', 2, 80, text.field.perMinute),
  number('temperature_c', 25, 45, '°C'),
  number('spo2_pct', 30, 100, '%'),
]

/** The fault of one field, or nothing. A comma is read as a decimal point. */
export function faultOf(field: FieldKind, value: string, isRequired: boolean): string {
  if (value === '') return isRequired ? text.field.required : ''
  if (!field.isNumber || field.low === undefined || field.high === undefined) return ''
  const read = typedNumber(value)
  const isInside = Number.isFinite(read) && read >= field.low && read <= field.high && (!field.isWhole || Number.isInteger(read))
  return isInside ? '' : text.field.outside(fmt.count(field.low), fmt.count(field.high))
}

/** The faults of two fields that do not fit each other: STRICTLY_BELOW of core/vocabulary.py. */
export function orderFaults(values: Readonly<Record<string, string>>): Record<string, string> {
  const [low, high] = [typedNumber(values.diastolic_bp ?? ''), typedNumber(values.systolic_bp ?? '')]
  return low >= high ? { diastolic_bp: text.field.belowSystolic, systolic_bp: text.field.aboveDiastolic } : {}
}

/** Values and faults of a set of fields; `read` gives the body of a request, or nothing when a field is at fault. */
export function usePatientForm(fields: readonly FieldKind[], required: readonly FieldName[]) {
  const values = reactive<Record<string, string>>(Object.fromEntries(fields.map((field) => [field.name, ''])))
  const faults = ref<Record<string, string>>({})

  function read(): Fields | undefined {
    faults.value = Object.fromEntries(
      fields
        .map((field) => [field.name, faultOf(field, values[field.name] ?? '', required.includes(field.name))] as const)
        .filter(([, fault]) => fault !== ''))
    if (Object.keys(faults.value).length === 0) faults.value = orderFaults(values)
    if (Object.keys(faults.value).length > 0) return undefined
    return Object.fromEntries(
      fields.map((field): [string, string | number | null] => {
        const value = values[field.name] ?? ''
        if (value === '') return [field.name, null]
        return [field.name, field.isNumber ? typedNumber(value) : value]
      }))
  }

  function clear(): void {
    for (const field of fields) values[field.name] = ''
    faults.value = {}
  }

  return { values, faults, read, clear }
}

/** The range of a field as a hint: «30–300». */
export function hintOf(field: FieldKind): string {
  if (field.low === undefined || field.high === undefined) return ''
  return fmt.range(field.low, field.high)
}
