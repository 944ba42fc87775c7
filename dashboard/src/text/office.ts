/** Words of this area in the language of the page; the words are in en/office.ts and es/office.ts. */
import { office as english } from './en/office'
import { inLanguage } from './language'

export const office = inLanguage('office', english)
