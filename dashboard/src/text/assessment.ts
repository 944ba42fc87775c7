/** Words of this area in the language of the page; the words are in en/assessment.ts and es/assessment.ts. */
import { assessment as english } from './en/assessment'
import { inLanguage } from './language'

export const assessment = inLanguage('assessment', english)
