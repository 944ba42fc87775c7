/** Words of this area in the language of the page; the words are in en/programs.ts and es/programs.ts. */
import { programs as english } from './en/programs'
import { inLanguage } from './language'

export const programs = inLanguage('programs', english)
