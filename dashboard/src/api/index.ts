/**
 * Every request that the dashboard makes. Only features/ imports this room.
 * Belongs here: paths, bodies and answers. Does not belong here: caching, state, words.
 */
import { ApiProblem, problemFrom } from './problem'
import type { Analytics, Realtime } from './shapes'

export { ApiProblem } from './problem'

let onSignedOut: () => void = () => undefined

/** Say what to do when an answer says that nobody is signed in any more. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler
}

async function request<T>(method: string, path: string, body?: unknown, alsoGood: number[] = []): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
  } catch {
    throw new ApiProblem(0, 'unreachable', '')
  }
  const parsed: unknown = answer.status === 204 ? undefined : await answer.json().catch(() => undefined)
  if (!answer.ok && !(alsoGood.includes(answer.status) && parsed !== undefined)) {
    if (answer.status === 401) onSignedOut()
    throw problemFrom(answer.status, parsed)
  }
  return parsed as T
}

export type Role = 'doctor' | 'nurse' | 'patient' | 'admin' | 'steward' | 'ml_engineer'

export interface User {
  user_id: string
  email: string
  display_name: string
  role: Role
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface RiskAssessment {
  level: 'low' | 'moderate' | 'high' | 'critical' | null
  score: number | null
  votes: { network?: string | null; forest?: string | null }
  probabilities: { low?: number; moderate?: number; high?: number } | null
  abstained: boolean
  reasons: string[]
  counter_evidence?: string[]
  news2_score?: number | null
  model_version: number | string
  receipt: string
}

export interface ModelVersion {
  version: number
  verdict: 'PROMOTE' | 'HOLD' | 'REJECT'
  reasons: string[]
  metrics: Record<string, unknown>
  is_champion: boolean
  released_at: string
}

export interface RuleOutcome {
  rule: string
  severity: string
  kahn: string
  column: string | null
  success: boolean
  failed_rows: number
}

export interface ValidationRun {
  validation_run_id: string
  suite: string
  suite_version: string
  month: string
  row_count: number
  failed_row_count: number
  is_success: boolean
  rules?: RuleOutcome[]
  ran_at: string
}

export interface QuarantinedRow {
  content_hash: string
  month: string
  source: string
  source_record: string
  reasons: string[]
  raw: Record<string, string | null>
  status: string
  quarantined_at: string
}

export interface Readiness {
  status: 'ready' | 'degraded' | 'unready'
  database: 'ready' | 'away' | 'behind'
  valkey: 'ready' | 'away'
  model_registry: 'ready' | 'away'
  model_version: number | null
  details: string[]
}

export interface ReceiptDocument {
  receipt_id: string
  kind: string
  provenance: Record<string, unknown>
  created_at: string
}

export type Fields = Record<string, string | number | null>

export const login = (email: string, password: string) =>
  request<{ mfa_required?: boolean }>('POST', '/api/auth/login', { email, password })
export const confirmMfa = (code: string) => request<unknown>('POST', '/api/auth/mfa', { code })
export const logout = () => request<unknown>('POST', '/api/auth/logout')
export const me = () => request<User>('GET', '/api/users/me')
export const analytics = () => request<Analytics>('GET', '/api/analytics/')
export const realtime = () => request<Realtime>('GET', '/api/analytics/realtime/')
export const receipt = (id: string) => request<ReceiptDocument>('GET', `/api/receipts/${encodeURIComponent(id)}`)
export const assessRisk = (features: Fields) => request<RiskAssessment>('POST', '/api/risk/assess', features)
export const register = (row: Fields) => request<{ registration_id: string }>('POST', '/api/registrations', row)
export const models = () => request<Page<ModelVersion>>('GET', '/api/models')
export const promote = (version: number, reason: string) =>
  request<unknown>('POST', `/api/models/${version}/promote`, { reason })
export const validationRuns = () => request<Page<ValidationRun>>('GET', '/api/validation/runs')
export const quarantine = () => request<Page<QuarantinedRow>>('GET', '/api/quarantine')
/** Unready is an answer too: 503 with the same body. */
export const ready = () => request<Readiness>('GET', '/readyz', undefined, [503])
