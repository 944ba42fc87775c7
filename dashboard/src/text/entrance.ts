/** Words of this area in the language of the page; the words are in en/entrance.ts and es/entrance.ts. */
import { entrance as english } from './en/entrance'
import { inLanguage } from './language'

export const entrance = inLanguage('entrance', english)
