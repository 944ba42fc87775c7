/** The words that every page needs, in the language of this page. Belongs here: the choice; the words are in en/ and es/. */
import { text as english } from './en/general'
import { inLanguage } from './language'

export const text = inLanguage('general', english)

/** A forecasting model's name for people; an unknown one keeps its own. */
export function modelName(name: string): string {
  return text.models[name] ?? name
}
