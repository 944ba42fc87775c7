/** Words of this area in the language of the page; the words are in en/people.ts and es/people.ts. */
import { people as english } from './en/people'
import { inLanguage } from './language'

export const people = inLanguage('people', english)
