/** Words of this area in the language of the page; the words are in en/staff.ts and es/staff.ts. */
import { staff as english } from './en/staff'
import { inLanguage } from './language'

export const staff = inLanguage('staff', english)
