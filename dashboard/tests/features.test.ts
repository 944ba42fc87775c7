import { describe, expect, it } from 'vitest'
import type { Readiness } from '../src/api'
import { ApiProblem, problemFrom } from '../src/api/problem'
import { isMeant } from '../src/features/charts'
import { healthLines } from '../src/features/health'
import { reachable } from '../src/features/models'
import { reconnectDelay } from '../src/features/live'
import { budgetSentence, quantity, wishFaults, wishOf } from '../src/features/operations'
import { groupWords } from '../src/features/queue-figures'
import { panelState } from '../src/features/panel'
import { problemWords } from '../src/features/problem-words'
import { serverFaults } from '../src/features/field-faults'
import { faultOf, orderFaults, PERSON_FIELDS, VITAL_FIELDS } from '../src/features/patient-form'
import { keySetOf, scopesOf } from '../src/features/programs'
import { hrefOf, receiptLines } from '../src/features/receipt-lines'
import { toCsv } from '../src/features/table'

describe('a panel', () => {
  const away = new ApiProblem(503, 'database_away', '')
  it('keeps old data when renewing fails, and says so', () => {
    expect(panelState({ data: { a: 1 }, error: away })).toMatchObject({ status: 'ready', isStale: true })
  })
  it('tells waiting, failing and having nothing apart', () => {
    expect(panelState({ data: undefined, error: null }).status).toBe('loading')
    expect(panelState({ data: undefined, error: away }).status).toBe('error')
    expect(panelState({ data: null, error: null }).status).toBe('empty')
  })
})

describe('a program to register', () => {
  it('has a key set where the text is JSON with a list of keys', () => {
    expect(keySetOf('{"keys": [{"kty": "EC"}]}')).toEqual({ keys: [{ kty: 'EC' }] })
    expect(['', 'x', 'null', '[]', '{"keys": 1}', '{"kty": "EC"}'].map(keySetOf)).toEqual(Array(6).fill(undefined))
  })
  it('asks for what was chosen of each resource and for nothing of the others', () => {
    expect(scopesOf({ Appointment: 's', RiskAssessment: 'none', Slot: 'rs' })).toEqual(['system/Appointment.s', 'system/Slot.rs'])
  })
})

describe('groups that wait', () => {
  it('are said in the words of the page', () => {
    expect(['sex female', 'age 20-39', 'age 80+', 'age unknown', 'other'].map(groupWords)).toEqual(
      ['Sex: female', 'Age: 20–39', 'Age: 80+', 'Age: unknown', 'other'])
  })
})

describe('a search for a patient', () => {
  it('finds the words in any order and without accents, and a number', () => {
    expect(['grace lim', 'Lim, Gr', 'p00005220'].map((wanted) => isMeant('Lim, Grace P00005220', wanted))).toEqual([true, true, true])
    expect(isMeant('Núñez, José P1', 'jose nunez')).toBe(true)
    expect(isMeant('Núñez, José P1', 'jose lim')).toBe(false)
    expect(isMeant('Núñez, José P1', '')).toBe(true)
  })
})

describe('a failed answer', () => {
  it('keeps its code and the rule of each field, never a value', () => {
    const problem = problemFrom(422, { code: 'invalid_request', detail: 'no', errors: [{ loc: ['body', 'age_years'], type: 'less_than_equal' }] })
    expect(problem).toMatchObject({ status: 422, code: 'invalid_request', fields: { age_years: 'less_than_equal' } })
  })
  it('is said with the name of each field and what is allowed in it', () => {
    const errors = [{ loc: ['body', 'family_name'], type: 'string_too_long', allowed: 'at most 200 long' }, { loc: ['body', 'age_years'], type: 'greater_than_equal', allowed: '0 and more' }, { loc: ['body', 'acuity'], type: 'int_parsing' }]
    const words = problemWords(problemFrom(422, { code: 'invalid_request', detail: 'the request does not fit its schema', errors }))
    expect(words).toBe('Some of this cannot be taken. Family name: At most 200 characters. Age: At least 0. Acuity (ESI): The server does not take this value. Check it.')
  })
  it('says in the server’s words what its rules allow, and in no other language than that of the page', () => {
    const said = { loc: ['body', 'birth_date'], type: 'value_error', allowed: 'a date that exists, YYYY-MM-DD' }
    const between = ['systolic_bp', 'diastolic_bp'].map((field) => ({ ...said, loc: ['body', field], allowed: 'a value of diastolic_bp below that of systolic_bp' }))
    const answered = (language: string) => serverFaults(problemFrom(422, { code: 'invalid_request', errors: [said, ...between] }, language))
    expect(answered('en')).toEqual({
      birth_date: 'Allowed: a date that exists, YYYY-MM-DD.',
      systolic_bp: 'Allowed: a value of Diastolic pressure below that of Systolic pressure.',
      diastolic_bp: 'Allowed: a value of Diastolic pressure below that of Systolic pressure.',
    })
    expect(answered('es').birth_date, 'words in another language than the page').toBe('The server does not take this value. Check it.')
    expect(serverFaults(new TypeError('no answer'))).toEqual({})
  })
  it('is a problem even when it is no problem document', () => {
    expect(problemFrom(502, '<html>')).toMatchObject({ status: 502, code: 'unknown' })
  })
})

describe('CSV', () => {
  it('quotes by RFC 4180 and leaves missing cells empty', () => {
    expect(toCsv({ columns: ['a', 'b'], rows: [['x, "y"', null]] })).toBe('\ufeffa,b\r\n"x, ""y""",\r\n')
  })
  it('does not let a text become a formula, and leaves negative numbers alone', () => {
    expect(toCsv({ columns: ['a', 'b'], rows: [['=1+1', -3]] })).toContain("'=1+1,-3")
  })
})

describe('a form field', () => {
  const field = (name: string) => {
    const found = [...PERSON_FIELDS, ...VITAL_FIELDS].find((kind) => kind.name === name)
    if (!found) throw new Error(name)
    return found
  }
  it('takes its limits and refuses what lies beyond', () => {
    expect(faultOf(field('spo2_pct'), '100', false)).toBe('')
    expect(faultOf(field('spo2_pct'), '100.1', false)).toBe('Must be between 30 and 100.')
  })
  it('reads a decimal comma, and refuses words and fractions of whole numbers', () => {
    expect(faultOf(field('temperature_c'), '38,4', false)).toBe('')
    expect(faultOf(field('heart_rate'), 'fast', false)).not.toBe('')
    expect(faultOf(field('comorbidity_count'), '1.5', false)).not.toBe('')
  })
  it('of the capacity takes a decimal comma too, and says its range as the page writes numbers', () => {
    const entered = { beds: '', stay_days: '2,5', admitted_share: '12,5', visits_per_nurse_shift: '' }
    expect(wishFaults(entered)).toEqual({})
    expect(wishOf(entered)).toEqual({ stay_days: 2.5, admitted_share: 0.125 })
    expect(wishFaults({ ...entered, beds: '1,5', stay_days: '0' })).toEqual({ beds: 'From 1 to 10,000.', stay_days: 'From 0.1 to 365.' })
  })
  it('takes no diastolic pressure that is not below the systolic one, and judges only where both are known', () => {
    expect(orderFaults({ systolic_bp: '120', diastolic_bp: '120' })).toEqual({
      diastolic_bp: 'Must be below the systolic pressure.', systolic_bp: 'Must be above the diastolic pressure.',
    })
    expect([orderFaults({ systolic_bp: '9,5', diastolic_bp: '9' }), orderFaults({ systolic_bp: '', diastolic_bp: '80' })]).toEqual([{}, {}])
  })
  it('may be empty unless it is needed', () => {
    expect([faultOf(field('heart_rate'), '', false), faultOf(field('heart_rate'), '', true)]).toEqual(['', 'Needed.'])
  })
})

describe('a receipt', () => {
  it('drops no step and writes hashes as code', () => {
    const lines = receiptLines({ asset: 'a', rows: { data_sha256: '9f86d081884c7d65', count: 41233 }, months: ['2026-10', '2026-11'] })
    expect(lines.map((line) => [line.path, line.value, line.isCode])).toEqual([
      ['asset', 'a', false], ['rows', null, false], ['rows.data_sha256', '9f86d081884c7d65', true],
      ['rows.count', '41,233', false], ['months', '2026-10, 2026-11', false]])
  })
})

describe('the order of a receipt', () => {
  it('goes from the number back to the rows, and counts long lists', () => {
    const lines = receiptLines({ zeta: 1, validation_run_ids: [...'abcdefgh'], data_sha256: 'x', asset: 'a' })
    expect(lines.map((line) => line.path)).toEqual(['asset', 'data_sha256', 'validation_run_ids', 'zeta'])
    expect(lines[2]?.value).toBe('a, b, c, d, e, f and 2 more')
  })
})

describe('an address of another service', () => {
  it('keeps its port and follows the host of this page when it is a loop', () => {
    expect(reachable('http://127.0.0.1:5000', 'ward.example')).toBe('http://ward.example:5000')
    expect(reachable('https://mlflow.example/base', 'ward.example')).toBe('https://mlflow.example/base')
    expect(reachable('not an address', 'ward.example')).toBeUndefined()
  })
})

describe('reconnecting', () => {
  it('waits twice as long each time, 30 s at most, spread by a fifth', () => {
    expect([1, 2, 3, 20].map((attempt) => reconnectDelay(attempt, 0.5))).toEqual([500, 1000, 2000, 30_000])
    expect([reconnectDelay(1, 0), reconnectDelay(1, 1)]).toEqual([400, 600])
    expect([reconnectDelay(1, 0.5, 1012), reconnectDelay(1, 0.5, 4429)], 'one socket too many').toEqual([500, 30_000])
  })
})

describe('a step of a receipt', () => {
  const places = { dagster: 'http://d', mlflow: 'http://m' }
  const hrefs = (from: Record<string, unknown>, where: { dagster: string | undefined; mlflow: string | undefined } = places) =>
    receiptLines(from).map((line) => hrefOf(line, where))
  it('leads to the asset, the run and the version that made the number', () => {
    expect(hrefs({ asset: 'a', dagster_run_id: 'r', model_version: 3, row_count: 9 }))
      .toEqual(['http://d/assets/a', 'http://m/#/models/medisync-risk/versions/3', 'http://d/runs/r', undefined])
    expect(hrefs({ model: { dagster_run_id: 'r' } })).toEqual([undefined, 'http://d/runs/r'])
  })
  it('leads nowhere for whom the services are not open', () => {
    expect(hrefs({ asset: 'a', dagster_run_id: 'r' }, { dagster: undefined, mlflow: undefined })).toEqual([undefined, undefined])
  })
})

describe('a share of the time', () => {
  it.each([[0.9986, '99.86'], [0.999, '99.9'], [0.99951, '99.95'], [1, '100.0'], [0.654, '65.4'], [null, '–']])('writes %d as %s', (share, text) => {
    expect(quantity(share, 'share').replace('\u00a0%', '')).toBe(text)
  })
  it('says what of the error budget is spent', () => {
    const uptime = { since_at: '2026-11-01T09:00:00Z', window_days: 30, down_minutes: 2.33, budget_minutes: 43.2, answered_count: 12345, failed_count: 3 }
    expect(budgetSentence(uptime)).toMatch(/^Error budget: 2\.3 of the 43\.2 minutes .* 3 of 12,345 requests failed\.$/)
  })
})

describe('the services of the system page', () => {
  const health: Readiness = {
    status: 'ready', database: 'ready', valkey: 'ready', model_registry: 'away', model_version: 3, details: [], is_synthetic: true,
  }
  it('name the pipeline once it is known, and what is not well', () => {
    expect(healthLines(health)).toHaveLength(4)
    const lines = healthLines(health, 'away')
    expect(lines.map((line) => [line.name, line.isGood])).toEqual([
      ['PostgreSQL', true], ['Valkey', true], ['Model registry', false], ['Risk model', true], ['Dagster', false],
    ])
    expect(healthLines(health, 'idle').at(-1)).toMatchObject({ state: 'No daemon', isGood: false })
  })
})
