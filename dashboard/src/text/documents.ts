/** Words of this area in the language of the page; the words are in en/documents.ts and es/documents.ts. */
import { documents as english } from './en/documents'
import { inLanguage } from './language'

export const documents = inLanguage('documents', english)
