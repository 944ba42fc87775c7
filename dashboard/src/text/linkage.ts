/** Words of this area in the language of the page; the words are in en/linkage.ts and es/linkage.ts. */
import { linkage as english } from './en/linkage'
import { inLanguage } from './language'

export const linkage = inLanguage('linkage', english)
