/** Say a failure in words: what failed, and that it is not the reader's fault. */
import { ApiProblem } from '../api'
import { text } from '../text/general'
import { language } from '../text/language'
import { faultSentence } from './field-faults'

export function problemWords(problem: unknown): string {
  if (!(problem instanceof ApiProblem)) return text.problem.unknown
  if (problem.status === 0) return text.problem.unreachable
  if (problem.isAway) return text.problem.away
  if (problem.status === 403) return text.problem.forbidden
  if (problem.status === 429) return text.problem.tooMany
  if (problem.code === 'invalid_request' && Object.keys(problem.fields).length) return faultSentence(problem)
  if (!problem.detail) return text.problem.unknown
  // The rare sentence that the server has in English only: its code, in words of this page.
  return problem.language === language() ? problem.detail : text.problem.other(problem.code)
}
