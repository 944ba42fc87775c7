/** The two catalogues say the same: the same keys, the same placeholders; and numbers are written as each language does. */
import { readdirSync } from 'node:fs'
import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { catalogue as spanish } from '../src/text/es'
import { browserLanguage } from '../src/text/language'
import { volumeOf } from './analyses'
import { english } from './catalogue'

type Leaf = string | number | ((...given: unknown[]) => string)

/** Every word with its path, arrays by position. */
function leaves(value: unknown, path: string): [string, Leaf][] {
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
  return [[path, value as Leaf]]
}

/** Words that a language may leave out: an empty string says that nothing stands there. */
const MAY_BE_EMPTY = new Set(['general.overview.sentence.expectedBefore', 'people.charts.seen.other', 'staff.shifts.0.value', 'people.charts.intervals.0.value'])

/** Whether each argument of a sentence is shown in it, or only decides about it. */
function placeholders(say: (...given: unknown[]) => string): boolean[] {
  const mark = '7001'
  return Array.from({ length: say.length }, (_, at) => say(...Array.from({ length: say.length }, (_, index) => (index === at ? mark : '3'))).includes(mark))
}

describe('the catalogues', () => {
  const words = new Map(leaves(spanish, '').map(([path, leaf]) => [path.slice(1), leaf]))
  const originals = leaves(english, '').map(([path, leaf]): [string, Leaf] => [path.slice(1), leaf])

  it('have the same keys', () => {
    expect([...words.keys()].sort()).toEqual(originals.map(([path]) => path).sort())
  })

  it('take and show the same values', () => {
    const differing = originals.flatMap(([path, leaf]) => {
      const other = words.get(path)
      if (typeof leaf !== 'function') return typeof other === typeof leaf ? [] : [path]
      if (typeof other !== 'function' || other.length !== leaf.length) return [path]
      return JSON.stringify(placeholders(leaf)) === JSON.stringify(placeholders(other)) ? [] : [path]
    })
    expect(differing).toEqual([])
  })

  it('leave no word empty', () => {
    expect(originals.concat([...words]).filter(([path, leaf]) => leaf === '' && !MAY_BE_EMPTY.has(path))).toEqual([])
  })

  it('keep what a select sends', () => {
    const sent = originals.filter(([path]) => path.endsWith('.value'))
    expect(sent.length).toBeGreaterThan(10)
    expect(sent.filter(([path, leaf]) => words.get(path) !== leaf)).toEqual([])
  })

  it('hold every area', () => {
    const areas = readdirSync('src/text/en').map((file) => file.replace('.ts', '')).sort()
    expect(Object.keys(spanish).sort()).toEqual(areas)
    expect(readdirSync('src/text/es').map((file) => file.replace('.ts', '')).filter((name) => name !== 'index').sort()).toEqual(areas)
  })
})

describe('a page in Spanish', () => {
  afterEach(() => vi.resetModules())

  async function inSpanish() {
    vi.resetModules()
    await (await import('../src/text/language')).enterLanguage('es')
  }

  it('writes numbers, months and days as Spanish does', async () => {
    await inSpanish()
    const fmt = await import('../src/fmt')
    expect([fmt.count(1234567), fmt.decimal(0.3149, 2), fmt.percent(0.5), fmt.pValue(0.0001)]).toEqual(['1.234.567', '0,31', '50\u00a0%', '<\u00a00,001'])
    expect([fmt.month('2026-12'), fmt.fullMonth(1), fmt.day('2026-11-24')]).toEqual(['dic 2026', 'enero', '24 nov 2026'])
    expect(fmt.weekday(new Date(2026, 10, 24, 12))).toBe('martes 24 de noviembre')
    expect(fmt.list(['gripe', 'asma'])).toBe('gripe y asma')
    expect([fmt.week('2026-W07'), fmt.period('2026-W47'), fmt.period('2026-12')]).toEqual(['S07', '2026-S47', 'dic 2026'])
  })

  it('says intervals, units and recorded codes in Spanish', async () => {
    await inSpanish()
    const { volumeSummary } = await import('../src/charts/volume')
    expect(volumeSummary(volumeOf({ '2026-12': 108 }, { '2026-11': 95 }))).toContain('intervalo del 95 % de 85 a 115')
    const { VITAL_FIELDS, PERSON_FIELDS } = await import('../src/features/patient-form')
    expect([...PERSON_FIELDS, ...VITAL_FIELDS].flatMap(({ unit }) => unit ?? [])).toEqual(['años', 'mmHg', 'mmHg', 'por min', 'por min', '°C', '%'])
    const QueuePatient = (await import('../src/components/QueuePatient.vue')).default
    const line = { patient_id: 'P1', display_name: 'Lim, Grace', birth_year: 1938, sex: 'female', is_synthetic: true } as const
    const shown = mount(QueuePatient, { props: { patientId: 'P1', line, marks: [] }, global: { stubs: { RouterLink: true } } })
    expect(shown.text()).toContain('Mujer, nac. 1938')
  })

  it('leaves files as they are', async () => {
    const table = async () => {
      const { toCsv } = await import('../src/features/table')
      const { volumeTable, seasonTable } = await import('../src/features/tables')
      const data = { history: [{ month: '2026-10', count: 1234 }], forecast: [{ month: '2026-11', mean: 1234.5, lo80: 1, hi80: 2, lo95: 0.5, hi95: 3 }] }
      const season = { seasonality: [{ condition: 'Influenza', peak_month: 1, strength: 0.5, monthly_index: Array(12).fill(1.25) }] }
      return [volumeTable(data as never), seasonTable(season as never)].map(toCsv)
    }
    const before = await table()
    await inSpanish()
    const { text } = await import('../src/text/general')
    expect(text.table.month).toBe('Mes')
    expect(await table()).toEqual(before)
    expect(before[0]).toContain('2026-11,,1234.5,1,2,0.5,3')
    const { volumeTable } = await import('../src/features/tables')
    expect(volumeTable({ history: [], forecast: [] } as never).shown?.[0]).toBe('Mes')
  })

  it('says the sentence of the overview in Spanish order', async () => {
    await inSpanish()
    const { overviewSentence } = await import('../src/features/overview-sentence')
    const volume = { forecast: [{ month: '2026-12', mean: 12345 }], history: [{ month: '2025-12', count: 10000 }] }
    const said = overviewSentence({ sections: { patient_volume: { data: volume } } } as never).map((part) => part.text).join('')
    expect(said).toBe('Se esperan 12.345 registros en diciembre, +23\u00a0% respecto a diciembre pasado.')
  })
})

it('follows the first language of the browser that there is', () => {
  expect([browserLanguage(['es-MX', 'en']), browserLanguage(['fr', 'es']), browserLanguage(['fr']), browserLanguage(['en-US', 'es'])]).toEqual(['es', 'es', 'en', 'en'])
})
