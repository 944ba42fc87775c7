/** Words of this area in the language of the page; the words are in en/beds.ts and es/beds.ts. */
import { beds as english } from './en/beds'
import { inLanguage } from './language'

export const beds = inLanguage('beds', english)
