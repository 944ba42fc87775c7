import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import RankChange from '../src/components/RankChange.vue'
import RiskTag from '../src/components/RiskTag.vue'
import SurgeMap from '../src/components/SurgeMap.vue'
import { surgeOf } from './analyses'

describe('a level', () => {
  it('is said in a word, drawn in bars and coloured', () => {
    const tag = mount(RiskTag, { props: { level: 'high' } })
    expect(tag.text()).toBe('High')
    expect(tag.classes()).toContain('r3')
    expect(tag.findAll('rect').map((bar) => bar.attributes('opacity'))).toEqual(['1', '1', '1', '0.28'])
  })
  it('is not made up where there is none', () => {
    expect(mount(RiskTag, { props: { level: null } }).text()).toBe('Not judged')
  })
})

describe('the change of a rank', () => {
  const words = (rank: number, previous: number | null) => mount(RankChange, { props: { rank, previous } }).find('.vh').text()
  it('is up when the number falls', () => {
    expect([words(1, 3), words(3, 1), words(2, 2), words(5, null)]).toEqual(['up 2', 'down 2', 'same rank', 'new'])
  })
})

describe('the surge map', () => {
  it('colours a cell by the level of exactly the count it shows', () => {
    const map = mount(SurgeMap, { props: { data: surgeOf({ Influenza: 'critical', Anxiety: 'low' }) } })
    const cells = map.findAll('td .cell')
    expect(cells.map((cell) => cell.classes().at(-1))).toEqual(['r4', 'r1'])
    expect(cells[0]?.text()).toBe('2020 cases, 10.0 expected, critical')
  })
})
