/** The words that every page needs, in the language of this page. Belongs here: the choice; the words are in en/ and es/. */
import { text as english } from './en/general'
import { inLanguage } from './language'

export const text = inLanguage('general', english)

/** How a recorded sex is written. */
export function sexName(code: keyof typeof text.field.sexes): string {
  return text.field.sexes[code]
}

/** A forecasting model's name for people; an unknown one keeps its own. */
export function modelName(name: string): string {
  return text.models[name] ?? name
}
