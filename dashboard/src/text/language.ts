/**
 * Which language this page is in. Belongs here: the choice, and its words before any module reads them. Does not belong here:
 * the words (en/, es/) and how numbers are written (fmt).
 *
 * A page is in one language from its first word to its last: another language loads the page again, so nothing is ever half
 * translated. English is in the bundle and is the one that defines the words; any other comes in one file, before the app.
 */
import type { QuasarLanguage } from 'quasar'
import type { Catalogue } from './catalogue'

export const LANGUAGES = [
  { value: 'en', label: 'English' },
  { value: 'es', label: 'Español' },
] as const

export type Language = (typeof LANGUAGES)[number]['value']

/** British English, and the Spanish of Spain: day before month, a comma before decimals. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', es: 'es-ES' }

/** How the catalogue of each further language is fetched. */
const CATALOGUES: Readonly<Record<Exclude<Language, 'en'>, () => Promise<Catalogue>>> = {
  es: async () => (await import('./es')).catalogue,
}

/** The device keeps the last language: a sign-in page knows nobody yet. */
const KEY = 'medisync-language'

let current: Language = 'en'
let words: Catalogue | null = null
let gaveUp = false

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((one) => one.value === value)
}

/** The language of this page. */
export function language(): Language {
  return current
}

/** What Intl is given for this page. */
export function locale(): string {
  return LOCALES[current]
}

/** The first of the browser's languages that there is, else English. */
export function browserLanguage(wanted: readonly string[] = navigator.languages): Language {
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en'
}

/** What this device was last in, else what the browser asks for. */
export function rememberedLanguage(): Language {
  const kept = localStorage.getItem(KEY)
  return isLanguage(kept) ? kept : browserLanguage()
}

export function rememberLanguage(wanted: Language): void {
  localStorage.setItem(KEY, wanted)
}

/**
 * Fetch the words of a language. To be waited for before the first module with words is loaded. When they cannot be fetched
 * the page is in English: a page that can be read beats none.
 */
export async function enterLanguage(wanted: Language): Promise<void> {
  if (wanted === 'en') return
  try {
    words = await CATALOGUES[wanted]()
    current = wanted
  } catch {
    gaveUp = true
  }
}

/** The words could not be fetched: loading the page again for them would go round in circles. */
export function hasGivenUp(): boolean {
  return gaveUp
}

/** The words of Quasar's own parts; it has the English ones built in. */
export async function quasarWords(): Promise<QuasarLanguage | undefined> {
  return current === 'es' ? (await import('quasar/lang/es.js')).default : undefined
}

/** The words of one area in the language of this page. */
export function inLanguage<Area extends keyof Catalogue>(area: Area, english: Catalogue[Area]): Catalogue[Area] {
  return words?.[area] ?? english
}
