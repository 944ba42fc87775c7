/** Words of this area in the language of the page; the words are in en/screen.ts and es/screen.ts. */
import { screen as english } from './en/screen'
import { inLanguage } from './language'

export const screen = inLanguage('screen', english)
