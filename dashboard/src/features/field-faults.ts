/** The server's faults by field, in words. They name the rule and what is allowed, never the value. */
import { ApiProblem } from '../api'
import * as fmt from '../fmt'
import { text } from '../text/general'
import { language } from '../text/language'

const WORDS: Readonly<Record<string, string>> = {
  missing: text.field.required,
  string_too_short: text.field.required,
}

const LIMITS: Readonly<Record<string, (limit: string) => string>> = {
  string_too_long: text.field.atMostLong,
  greater_than_equal: text.field.atLeast,
  less_than_equal: text.field.atMost,
}

/** The name of a field as the forms have it. */
function labelOf(field: string): string {
  const names = text.field as unknown as Readonly<Record<string, unknown>>
  return typeof names[field] === 'string' ? names[field] : (text.fieldNames[field] ?? field.replaceAll('_', ' '))
}

function ruleWords(rule: string, limit: number | undefined, sentence: string | undefined): string {
  // A sentence of the server names other fields as the API does.
  if (sentence !== undefined) return text.field.allowed(sentence.replace(/[a-z]+(_[a-z\d]+)+/g, labelOf))
  const said = limit === undefined ? undefined : LIMITS[rule]?.(fmt.count(limit))
  return said ?? WORDS[rule] ?? text.field.notTaken
}

/** Field name -> what is wrong with it; nothing of what is no answer of the server. */
export function serverFaults(problem: unknown): Record<string, string> {
  if (!(problem instanceof ApiProblem)) return {}
  // The rare sentence that the server has in English only is not said.
  const sentences = problem.language === language() ? problem.sentences : {}
  return Object.fromEntries(Object.entries(problem.fields).map(([field, rule]) =>
    [field, ruleWords(rule, problem.limits[field], sentences[field])]))
}

/** All faults of one answer as a sentence, each with the name of its field as the form has it. */
export function faultSentence(problem: ApiProblem): string {
  const said = Object.entries(serverFaults(problem)).map(([field, words]) => `${labelOf(field)}: ${words}`)
  return [text.problem.fields, ...said].join(' ')
}
