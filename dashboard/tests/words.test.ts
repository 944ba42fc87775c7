/** Every word of the catalogue is said somewhere: one that no page says is dead, and a translator's work for nothing. */
import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { english } from './catalogue'

/** Under which name a module gives its words: that of its area, but for two. */
const GIVEN = new RegExp(`^(text|words|${Object.keys(english).join('|')})\\b`)

/** Paths of words, «people.charts.title»; a list is one of them. */
function pathsOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, `${path}.${key}`))
}

/**
 * The paths that a file reads: «people.charts.kinds» for `t.kinds` after `const t = people.charts`. A path to more than one
 * word stands for all below it, since one of them is chosen as the page runs.
 */
function readIn(source: string): string[] {
  const names = new Map<string, Set<string>>()
  const give = (name: string, path: string) => names.set(name, new Set([...(names.get(name) ?? []), path]))
  for (const [, list = '', area = ''] of source.matchAll(/import \{([^}]*)\} from '[./]*text\/(?:en\/)?(\w+)'/g)) {
    if (!(area in english)) continue
    const [name = '', alias = name] = (list.split(',').map((part) => part.trim()).find((part) => GIVEN.test(part)) ?? '').split(' as ')
    give(alias, area)
  }
  const definition = /const (\w+) = (\w+)((?:\.\w+)*)$/gm
  for (const [, name = '', from = '', rest = ''] of source.matchAll(definition)) {
    for (const path of [...(names.get(from) ?? [])]) give(name, path + rest)
  }
  const used = source.replaceAll(definition, '')
  return [...names].flatMap(([name, paths]) =>
    [...used.matchAll(new RegExp(`(?<![\\w.'/-])${name}((?:\\.\\w+)+|(?=\\[))`, 'g'))]
      .flatMap(([, rest = '']) => [...paths].map((path) => path + rest)))
}

it('leaves no word unsaid', () => {
  const files = globSync('src/**/*.{vue,ts}').filter((file) => !/\/(text|generated)\//.test(file))
  const general = `import { text } from './text/general'\n${readFileSync('src/text/general.ts', 'utf8')}`
  const read = [...files.map((file) => readFileSync(file, 'utf8')), general].flatMap(readIn)
  expect(read.length).toBeGreaterThan(500)
  const isSaid = (word: string) => read.some((path) => word === path || word.startsWith(`${path}.`) || path.startsWith(`${word}.`))
  expect(pathsOf(english, '').map((path) => path.slice(1)).filter((word) => !isSaid(word))).toEqual([])
})
