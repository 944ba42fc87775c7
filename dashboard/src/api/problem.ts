/**
 * The one shape of a failure: RFC 9457 problem details, or none when no answer came.
 * Belongs here: turning an answer into a thrown value. Does not belong here: the words shown (text/).
 */
export class ApiProblem extends Error {
  constructor(
    /** HTTP status; 0 when the server could not be reached. */
    readonly status: number,
    /** Stable code of the problem, for decisions. */
    readonly code: string,
    /** One sentence for a person, from the server. */
    readonly detail: string,
    /** Field name -> broken rule, where the server named fields. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** Which language `detail` is in. */
    readonly language = 'en',
    /** Field name -> the number that its rule sets. */
    readonly limits: Readonly<Record<string, number>> = {},
    /** Field name -> what is allowed there, in the server's words and the language of `detail`. */
    readonly sentences: Readonly<Record<string, string>> = {},
  ) {
    super(detail || code)
    this.name = 'ApiProblem'
  }

  /** The server was not reached, or is away for a moment: trying again may help. */
  get isAway(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

interface FieldFault {
  loc?: unknown[]
  type?: string
  allowed?: string
}

/** Field name -> the rule that it breaks. */
function fieldFaults(body: Record<string, unknown>): Record<string, string> {
  const faults = Array.isArray(body.errors) ? (body.errors as FieldFault[]) : []
  const named: Record<string, string> = {}
  for (const fault of faults) {
    const field = fault.loc?.at(-1)
    if (typeof field === 'string') named[field] = fault.type ?? 'unknown'
  }
  return named
}

/** Field name -> the number in what is allowed: «at most 200 long». */
function limitsOf(body: Record<string, unknown>): Record<string, number> {
  const faults = Array.isArray(body.errors) ? (body.errors as FieldFault[]) : []
  const named: Record<string, number> = {}
  for (const { loc, allowed } of faults) {
    const field = loc?.at(-1)
    const found = /-?\d+(\.\d+)?/.exec(allowed ?? '')
    if (typeof field === 'string' && found) named[field] = Number(found[0])
  }
  return named
}

/** Field name -> what is allowed there, of the rules that only the server's words say. */
function sentencesOf(body: Record<string, unknown>): Record<string, string> {
  const faults = Array.isArray(body.errors) ? (body.errors as FieldFault[]) : []
  const named: Record<string, string> = {}
  for (const { loc, type, allowed } of faults) {
    const field = loc?.at(-1)
    if (type === 'value_error' && typeof field === 'string' && allowed) named[field] = allowed
  }
  return named
}

/** Read what a failed answer says; an answer that is no problem document still becomes one. */
export function problemFrom(status: number, body: unknown, language = 'en'): ApiProblem {
  if (typeof body !== 'object' || body === null) return new ApiProblem(status, 'unknown', '')
  const known = body as Record<string, unknown>
  const code = typeof known.code === 'string' ? known.code : 'unknown'
  const detail = [known.detail, known.title].find((text) => typeof text === 'string') as string | undefined
  return new ApiProblem(status, code, detail ?? '', fieldFaults(known), language, limitsOf(known), sentencesOf(known))
}
