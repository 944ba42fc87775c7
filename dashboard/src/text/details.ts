/** Words of this area in the language of the page; the words are in en/details.ts and es/details.ts. */
import { details as english } from './en/details'
import { inLanguage } from './language'

export const details = inLanguage('details', english)
