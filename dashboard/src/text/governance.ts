/** Words of this area in the language of the page; the words are in en/governance.ts and es/governance.ts. */
import { governance as english } from './en/governance'
import { inLanguage } from './language'

export const governance = inLanguage('governance', english)
