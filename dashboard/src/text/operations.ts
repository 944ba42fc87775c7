/** Words of this area in the language of the page; the words are in en/operations.ts and es/operations.ts. */
import { words as english } from './en/operations'
import { inLanguage } from './language'

export const words = inLanguage('operations', english)
