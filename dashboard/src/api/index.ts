/**
 * Every request that the dashboard makes, over the client that is generated from openapi.json. Only features/ imports
 * this room. Belongs here: calls, and failures as `ApiProblem`. Does not belong here: caching, state, words.
 */
import * as sdk from './generated'
import type {
  Me, Move, NewRatios, NewRecord, NewRegistration, RiskQuestion, Readiness, Role, SecondStep, VerificationDecision, Waiting,
} from './generated'
import { client } from './generated/client.gen'
import { ApiProblem, problemFrom } from './problem'

export { ApiProblem } from './problem'
export type {
  AdminPage, AssessmentView as RiskAssessment, Capacity, CapacityMonth, Glance, Me as User, ModelView as ModelVersion, CardAttribute, RequestView as PromotionWish, ReignView, LookView as ModelLook, ParkedRow as QuarantinedRow, PromiseView, Readiness, ReceiptView,
  Role, RuleOutcome, RunDetail, NotificationView, ProfileView, ShiftView, RunSummary as ValidationRun, StaffingMonth,
  BrokenRule, ContractVersion, DecisionView, ParkedDetail, ReplayView, RuleTrend,
  AlertPage, AlertView as SurgeAlert, CalendarRowView as PromiseRow, GradeBoard, GradeView, KindView as PromiseKind, LedgerView as Ledger,
  FrozenForecastView as PromiseStep, Needs, NewRatios, PpvView, RatioTable, ScoreView,
  Account, AuditView, FittingProtocol, VerificationLine, VerificationView, CareTaskView, EmergencyReview, EnrolmentView, Insight, Look, MedicationView, NewRecord, PatientLine, PatientView, ChartEntry,
  SessionView, TokenView, Visit,
} from './generated'

client.setConfig({ baseUrl: '', credentials: 'same-origin' })

let onSignedOut: () => void = () => undefined

/** Say what to do when an answer says that nobody is signed in any more. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler
}

interface Outcome<T> {
  data?: T
  error?: unknown
  response?: Response
}

/** The data of an answer, or its failure as `ApiProblem`. */
async function answer<T>(call: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await call.catch((): Outcome<T> => ({}))
  if (response?.ok) return data as T
  if (response?.status === 401) onSignedOut()
  throw response ? problemFrom(response.status, error) : new ApiProblem(0, 'unreachable', '')
}

/** A layer whose months are profiled. */
export type LayerAsset = 'validated_registrations' | 'features_risk'

/** A body of the forms: the server checks names and ranges again. */
export type Fields = Record<string, string | number | null>

export const login = (email: string, password: string) =>
  answer<Me | SecondStep>(sdk.authLogin({ body: { email, password } }))
/** Asked for only after a sign-in that says `mfa_required`. */
export const confirmMfa = (code: string) => answer(sdk.authConfirmMfa({ body: { code } }))
export const enrolMfa = () => answer(sdk.authEnrolHalfWay())
export const mfaState = () => answer(sdk.authReadMfa())
export const sessions = () => answer(sdk.authListSessions())
export const endSession = (id: string) => answer(sdk.authEndSession({ path: { session_id: id } }))
export const tokens = () => answer(sdk.authListTokens())
export const createToken = (name: string, scopes: string[]) => answer(sdk.authCreateToken({ body: { name, scopes } }))
export const revokeToken = (id: string) => answer(sdk.authRevokeToken({ path: { token_id: id } }))
export const patients = () => answer(sdk.patientsListPatients({ query: { limit: 200 } }))
const of = (id: string) => ({ path: { patient_id: id } })
export const patient = (id: string) => answer(sdk.patientsReadPatient(of(id)))
export const visits = (id: string) => answer(sdk.recordsListVisits(of(id)))
export const records = (id: string) => answer(sdk.recordsListRecords(of(id)))
export const medications = (id: string) => answer(sdk.recordsListMedications(of(id)))
export const careTasks = (id: string) => answer(sdk.recordsListCareTasks(of(id)))
export const insights = (id: string) => answer(sdk.recordsReadInsights(of(id)))
export const accessLog = (id: string) => answer(sdk.patientsReadAccessLog(of(id)))
export const writeRecord = (id: string, body: NewRecord) => answer(sdk.recordsCreateRecord({ ...of(id), body }))
export const closeTask = (id: string, taskId: string, version: number) =>
  answer(sdk.recordsUpdateCareTask({
    path: { patient_id: id, task_id: taskId }, body: { status: 'done' }, headers: { 'if-match': `"${version}"` },
  }))
export const emergencyAccesses = () => answer(sdk.patientsListEmergencyAccesses({ query: { limit: 100 } }))
export const reviewEmergency = (id: string, isJustified: boolean) =>
  answer(sdk.patientsReviewEmergencyAccess({ path: { grant_id: id }, body: { is_justified: isJustified } }))
export const breakGlass = (id: string, reason: string) => answer(sdk.patientsBreakGlass({ ...of(id), body: { reason } }))
export const users = () => answer(sdk.usersListUsers({ query: { limit: 200 } }))
export type ProvenRole = 'doctor' | 'nurse'
export const ownDocuments = () => answer(sdk.verificationsListOwnDocuments())
export const uploadDocument = (userId: string, file: File, role: ProvenRole) =>
  answer(sdk.verificationsUploadDocument({ path: { user_id: userId }, body: { file, wanted_role: role } }))
export const documents = () => answer(sdk.verificationsListDocuments({ query: { limit: 100 } }))
export const documentFile = (id: string) =>
  answer(sdk.verificationsReadDocument({ path: { verification_id: id }, parseAs: 'blob' })) as Promise<Blob>
export const decideDocument = (id: string, body: VerificationDecision) =>
  answer(sdk.verificationsDecideOnDocument({ path: { verification_id: id }, body }))
export const mfaResets = () => answer(sdk.usersListMfaResets({ query: { limit: 100 } }))
export const decideMfaReset = (id: string, isApproved: boolean) =>
  answer(sdk.usersDecideOnMfaReset({ path: { request_id: id }, body: { is_approved: isApproved } }))
export const protocols = (id: string) => answer(sdk.careListFittingProtocols(of(id)))
export const patientRisk = (id: string) => answer(sdk.riskReadPatientRisk(of(id)))
export const planTask = (id: string, title: string, dueAt: string) =>
  answer(sdk.recordsCreateCareTask({ ...of(id), body: { title, priority: 1, due_at: dueAt } }))
export const auditEvents = () => answer(sdk.auditListEvents({ query: { limit: 100 } }))
export const logout = () => answer(sdk.authLogout())
export const me = () => answer(sdk.usersReadMe())
export const analytics = () => answer(sdk.analyticsReadAnalytics())
export const nursePage = () => answer(sdk.analyticsReadNurseAnalytics())
export const realtime = () => answer(sdk.analyticsReadRealtimeAnalytics())
/** The what-if of capacity; what is left out is the hospital's own figure or the default. */
export interface CapacityWish {
  beds?: number
  stay_days?: number
  admitted_share?: number
  visits_per_nurse_shift?: number
}
export const adminPage = (wish: CapacityWish) => answer(sdk.analyticsReadAdminAnalytics({ query: wish }))
export const report = (role: Exclude<Role, 'patient'>) =>
  answer(sdk.reportsMakeReport({ body: { role }, parseAs: 'blob' })) as Promise<Blob>
export const receipt = (id: string) => answer(sdk.receiptsReadReceipt({ path: { receipt_id: id } }))
export const assessRisk = (features: Fields) => answer(sdk.riskAssessRisk({ body: features as RiskQuestion }))
export const register = (row: Fields) =>
  answer(sdk.registrationsCreateRegistration({ body: row as unknown as NewRegistration }))
export const models = () => answer(sdk.modelsListModels({ query: { limit: 100 } }))
/** Moved, or (202) a request that waits for a second administrator. */
export type PromotionOutcome = Move | Waiting
export const promote = (version: number, reason: string) =>
  answer<PromotionOutcome>(sdk.modelsPromoteModel({ path: { version }, body: { reason } }))
export const modelCard = (version: number) => answer(sdk.modelsReadCard({ path: { version } }))
export const signStatements = (owner: string, statements: Record<string, string>) =>
  answer(sdk.modelsSignStatements({ body: { owner, statements } }))
export const promotionRequests = () => answer(sdk.modelsListPromotionRequests({ query: { limit: 20 } }))
export const confirmPromotion = (id: number) => answer(sdk.modelsConfirmPromotion({ path: { request_id: id } }))
export const closePromotion = (id: number) => answer(sdk.modelsWithdrawPromotion({ path: { request_id: id } }))
export const championHistory = (at?: string) => answer(sdk.modelsReadHistory({ query: { limit: 50, ...(at ? { at } : {}) } }))
export const modelLooks = () => answer(sdk.modelsListMonitoring({ query: { limit: 1 } }))
export const rollBack = (reason: string) => answer(sdk.modelsRollBackModel({ body: { reason } }))
export const forecasts = () => answer(sdk.outlookReadForecasts())
export const promises = () => answer(sdk.outlookReadPromises())
export const promiseRows = (kind: 'live' | 'replayed') => answer(sdk.outlookListPromises({ query: { kind, limit: 200 } }))
export const surgeGrade = () => answer(sdk.outlookReadSurgeGrade())
export const surgeAlerts = (grain: 'week' | 'month') => answer(sdk.surgeListSurgeAlerts({ query: { grain, limit: 200 } }))
export const dispositions = (id: string) => answer(sdk.surgeListDispositions({ path: { alert_id: id } }))
export const dispose = (id: string, disposition: 'investigated' | 'real' | 'noise', why: string) =>
  answer(sdk.surgeDisposeOfAlert({ path: { alert_id: id }, body: { disposition, why } }))
export const staffingNeeds = (grain: 'M' | 'W' | 'D') => answer(sdk.staffingReadStaffingNeeds({ query: { grain } }))
export const staffingRatios = () => answer(sdk.staffingReadStaffingRatios())
export const changeRatios = (table: NewRatios, version: number) =>
  answer(sdk.staffingChangeStaffingRatios({ body: table, headers: { 'if-match': `"${version}"` } }))
export const validationRuns = () => answer(sdk.qualityListValidationRuns({ query: { limit: 200 } }))
export const validationRun = (id: string) => answer(sdk.qualityReadValidationRun({ path: { run_id: id } }))
export const notifications = () => answer(sdk.notificationsListNotifications({ query: { limit: 30 } }))
export const readNotificationsUpTo = (id: number) =>
  answer(sdk.notificationsReadNotificationsUpTo({ path: { notification_id: id } }))
export const layerProfiles = (asset: LayerAsset) => answer(sdk.qualityListLayerProfiles({ path: { asset }, query: { limit: 24 } }))
export const quarantine = () => answer(sdk.qualityListQuarantine({ query: { limit: 200 } }))
export const parkedRow = (id: string) => answer(sdk.qualityReadParkedRow({ path: { content_hash: id } }))
export const fixRow = (id: string, changes: Record<string, string | null>, reason: string) =>
  answer(sdk.qualityFixParkedRow({ path: { content_hash: id }, body: { changes, reason } }))
export const waiveRow = (id: string, rules: string[], reason: string, expiresAt: string | null) =>
  answer(sdk.qualityWaiveParkedRow({ path: { content_hash: id }, body: { rules, reason, expires_at: expiresAt } }))
export const replayQuarantine = () => answer(sdk.qualityReplayQuarantine({ body: {} }))
export const replay = (id: string) => answer(sdk.qualityReadReplay({ path: { replay_id: id } }))
export const validationTrends = () => answer(sdk.qualityReadValidationTrends())
export const contracts = () => answer(sdk.qualityListContracts({ query: { limit: 100 } }))

/** Unready is an answer too: 503 with the same body. */
export async function ready(): Promise<Readiness> {
  const { data, error, response } = await sdk.healthReadReadyz().catch(() => ({ data: undefined, error: undefined, response: undefined }))
  const body = data ?? (error as Readiness | undefined)
  if (body?.status) return body
  throw response ? problemFrom(response.status, error) : new ApiProblem(0, 'unreachable', '')
}

/* -- queues and appointments: a key makes a second press of the same button harmless -------------------------------- */
export type {
  AppointmentView as Appointment, EntryView as QueueEntry, Position as QueuePosition, ProviderView as Provider, QueueView as QueueSummary,
  ScheduleView as WeeklyHours, SlotView as FreeSlot, Wall as WallBoard, WaitListView as WaitListEntry,
} from './generated'

const once = () => ({ 'Idempotency-Key': crypto.randomUUID() })

export const queues = () => answer(sdk.queuesListQueues({ query: { limit: 100 } }))
export const queueEntries = (queueId: string) => answer(sdk.queuesListEntries({ path: { queue_id: queueId } }))
export const myCalls = () => answer(sdk.queuesListMyCalls())
export const myPlaces = () => answer(sdk.queuesListMyPositions())
export const wall = (queueId: string) => answer(sdk.queuesReadWall({ path: { queue_id: queueId } }))
export const joinQueue = (queueId: string, entry: sdk.NewEntry) =>
  answer(sdk.queuesAddEntry({ path: { queue_id: queueId }, body: entry, headers: once() }))
/** The entry that was called; nothing when nobody waits. */
export async function callNext(queueId: string, desk: string): Promise<sdk.EntryView | undefined> {
  const called = await answer(sdk.queuesCallNext({ path: { queue_id: queueId }, body: desk ? { desk } : {}, headers: once() }) as Promise<Outcome<unknown>>)
  return called ? (called as sdk.EntryView) : undefined
}
export const moveEntry = (entryId: string, to: sdk.State, queueId?: string) =>
  answer(sdk.queuesMoveEntry({ path: { entry_id: entryId }, body: { to, ...(queueId ? { queue_id: queueId } : {}) }, headers: once() }))
export const undoMove = (entryId: string) => answer(sdk.queuesUndoMove({ path: { entry_id: entryId }, headers: once() }))

export const providers = () => answer(sdk.schedulesListProviders())
export const schedules = () => answer(sdk.schedulesListSchedules({}))
export const freeSlots = (provider: string, from: string, to: string) =>
  answer(sdk.appointmentsListSlots({ query: { provider, from, to } }))
export const appointments = (from: string) => answer(sdk.appointmentsListAppointments({ query: { from, limit: 100 } }))
export const holdSlot = (slot: sdk.SlotView, patientId?: string) =>
  answer(sdk.appointmentsHoldSlot({
    body: {
      provider_id: slot.provider_id, room_id: slot.room_id, starts_at: slot.starts_at, ends_at: slot.ends_at,
      ...(patientId ? { patient_id: patientId } : {}),
    },
    headers: once(),
  }))
export const setAppointment = (id: string, status: 'booked' | 'cancelled' | 'arrived') =>
  answer(sdk.appointmentsChangeAppointment({ path: { appointment_id: id }, body: { status }, headers: once() }))
export const waitList = () => answer(sdk.appointmentsListWaitList())
export const joinWaitList = (provider: string, from: string, to: string, patientId?: string) =>
  answer(sdk.appointmentsJoinWaitList({
    body: { provider_id: provider, not_before: from, not_after: to, ...(patientId ? { patient_id: patientId } : {}) },
    headers: once(),
  }))
