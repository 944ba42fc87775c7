/** The server's faults by field, in words. They name the rule and what is allowed, never the value. */
import type { ApiProblem } from '../api'
import * as fmt from '../fmt'
import { text } from '../text/general'

const WORDS: Readonly<Record<string, string>> = {
  missing: text.field.required,
  string_too_short: text.field.required,
}

const LIMITS: Readonly<Record<string, (limit: string) => string>> = {
  string_too_long: text.field.atMostLong,
  greater_than_equal: text.field.atLeast,
  less_than_equal: text.field.atMost,
}

function ruleWords(rule: string, limit: number | undefined): string {
  const said = limit === undefined ? undefined : LIMITS[rule]?.(fmt.count(limit))
  return said ?? WORDS[rule] ?? text.field.notTaken
}

export function serverFaults(faults: Readonly<Record<string, string>>, limits: Readonly<Record<string, number>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(faults).map(([field, rule]) => [field, ruleWords(rule, limits[field])]))
}

/** All faults of one answer as a sentence, each with the name of its field as the form has it. */
export function faultSentence(problem: ApiProblem): string {
  const names = text.field as unknown as Readonly<Record<string, unknown>>
  const label = (field: string) => (typeof names[field] === 'string' ? names[field] : (text.fieldNames[field] ?? field.replaceAll('_', ' ')))
  const said = Object.entries(serverFaults(problem.fields, problem.limits)).map(([field, words]) => `${label(field)}: ${words}`)
  return [text.problem.fields, ...said].join(' ')
}
