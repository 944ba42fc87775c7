/** The server's faults by field, in words. It names the rule, never the value. */
import { text } from '../text/general'

const WORDS: Readonly<Record<string, string>> = {
  missing: text.field.required,
  string_too_short: text.field.required,
}

export function serverFaults(faults: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(faults).map(([field, rule]) => [field, WORDS[rule] ?? text.field.notTaken]))
}
