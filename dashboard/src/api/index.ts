/**
 * Every request that the dashboard makes, over the client that is generated from openapi.json. Only features/ imports
 * this room. Belongs here: calls, and failures as `ApiProblem`. Does not belong here: caching, state, words.
 */
import * as sdk from './generated'
import type {
  Me, Move, NewOverride, NewRatios, NewRecord, NewRegistration, RiskQuestion, Readiness, Role, SecondStep, VerificationDecision, Waiting,
} from './generated'
import { client } from './generated/client.gen'
import { language, type Language } from '../text/language'
import { ApiProblem, problemFrom } from './problem'

export { ApiProblem } from './problem'
export type {
  AdminPage, AssessmentView as RiskAssessment, Capacity, Glance, Me as User, ModelView as ModelVersion, CardAttribute, RequestView as PromotionWish, ReignView, LookView as ModelLook, ParkedRow as QuarantinedRow, PromiseView, Readiness, SystemHealth, UptimeView as Uptime,
  Role, NotificationView, ProfileView, ShiftView, RunSummary as ValidationRun, StaffingMonth,
  BrokenRule, ContractVersion, DecisionView, ParkedDetail, ReplayView, RuleTrend,
  AlertView as SurgeAlert, CalendarRowView as PromiseRow, GradeView, KindView as PromiseKind, LedgerView as Ledger,
  FrozenForecastView as PromiseStep, Needs, NewOverride, NewRatios, PpvView, RatioTable, ScoreView,
  Account, NewCredential, UsedCredential, FittingProtocol, EnrolmentView, Insight, Look, MedicationView, NewRecord, PatientLine, PatientView, ChartEntry,
  Visit,
} from './generated'

client.setConfig({ baseUrl: '', credentials: 'same-origin', headers: { 'accept-language': language() } })

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

/** The data of an answer, or its failure as `ApiProblem`; `onNobody` where the answer says that nobody is signed in. */
async function answer<T>(call: Promise<Outcome<T>>, onNobody = onSignedOut): Promise<T> {
  const { data, error, response } = await call.catch((): Outcome<T> => ({}))
  if (response?.ok) return data as T
  if (response?.status === 401) onNobody()
  throw response ? problemFrom(response.status, error, response.headers.get('content-language') ?? 'en') : new ApiProblem(0, 'unreachable', '')
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
export const passkeys = () => answer(sdk.authListPasskeys())
export const passkeyOptions = (password: string) => answer(sdk.authBeginPasskey({ body: { password } }))
export const addPasskey = (name: string, credential: sdk.NewCredential) => answer(sdk.authAddPasskey({ body: { name, credential } }))
export const removePasskey = (id: string) => answer(sdk.authRemovePasskey({ path: { passkey_id: id } }))
export const passkeyStepOptions = () => answer(sdk.authBeginPasskeyStep())
export const confirmPasskey = (credential: sdk.UsedCredential) => answer(sdk.authConfirmPasskey({ body: { credential } }))
export const sessions = () => answer(sdk.authListSessions())
export const endSession = (id: string) => answer(sdk.authEndSession({ path: { session_id: id } }))
export const tokens = () => answer(sdk.authListTokens())
/** `bound`: for how many days (else as the server gives it by itself), and of a wall screen for which queue. */
export const createToken = (name: string, scopes: string[], bound: { lifetime_days?: number, queue_id?: string } = {}) =>
  answer(sdk.authCreateToken({ body: { name, scopes, ...bound } }))
export type { ClientView as Program, KeySet } from './generated'
export const programs = () => answer(sdk.smartListClients({ query: { limit: 200 } }))
export const registerProgram = (name: string, scopes: string[], jwks: sdk.KeySet) =>
  answer(sdk.smartRegisterClient({ body: { name, scopes, jwks }, headers: once() }))
export const revokeProgram = (id: string) => answer(sdk.smartRevokeClient({ path: { client_id: id }, headers: once() }))
export const revokeToken = (id: string) => answer(sdk.authRevokeToken({ path: { token_id: id } }))
/** Pages of patients that are followed: names are searched by the page that shows them, so it must have them all. */
const PATIENT_PAGES = 10
/** The patients that one may see, the newest first; `isCut`: there are more than these. */
export async function patients(): Promise<{ items: sdk.PatientLine[]; isCut: boolean }> {
  const found = new Map<string, sdk.PatientLine>()
  let cursor: number | null = 0
  for (let page = 0; cursor !== null && page < PATIENT_PAGES; page++) {
    const { items, next }: sdk.PatientPage = await answer(sdk.patientsListPatients({ query: { limit: 200, cursor } }))
    // Whoever is entered meanwhile moves the others down by one: a line may come twice.
    for (const one of items) found.set(one.patient_id, one)
    cursor = next
  }
  return { items: [...found.values()], isCut: cursor !== null }
}
export type { DocumentView } from './generated'
export type { ContributionView, MatchQuestion, PersonMatch, PairDecision, PairView } from './generated'
export type PairStatus = 'open' | 'same_person' | 'different_people'
export const findMatches = (body: sdk.MatchQuestion) => answer(sdk.patientsFindMatches({ body }))
export const patientPairs = (status: PairStatus) => answer(sdk.patientsListPairs({ query: { status, limit: 100 } }))
export const decidePair = (pair: sdk.PairView, decision: sdk.PairDecision['decision']) =>
  answer(sdk.patientsDecideOnPair({
    path: { pair_id: pair.pair_id }, body: { decision }, headers: { 'if-match': `"${pair.version}"`, ...once() },
  }))
export const enterPatient = (body: sdk.NewPatient) => answer(sdk.patientsCreatePatient({ body, headers: once() }))
const of = (id: string) => ({ path: { patient_id: id } })
export const patient = (id: string) => answer(sdk.patientsReadPatient(of(id)))
export const visits = (id: string) => answer(sdk.recordsListVisits(of(id)))
export const records = (id: string) => answer(sdk.recordsListRecords(of(id)))
export const medications = (id: string) => answer(sdk.recordsListMedications(of(id)))
export const careTasks = (id: string) => answer(sdk.recordsListCareTasks(of(id)))
export const insights = (id: string) => answer(sdk.recordsReadInsights(of(id)))
export const prescribe = (id: string, body: sdk.NewMedication) => answer(sdk.recordsCreateMedication({ ...of(id), body, headers: once() }))
export const stopMedication = (id: string, medicationId: string, version: number) =>
  answer(sdk.recordsUpdateMedication({
    path: { patient_id: id, medication_id: medicationId }, body: { status: 'stopped' }, headers: { 'if-match': `"${version}"` },
  }))
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
export type DocumentKind = sdk.DocumentView['kind']
export const chartDocuments = (id: string) => answer(sdk.documentsListChartDocuments({ ...of(id), query: { limit: 200 } }))
export const fileChartDocument = (id: string, file: File, kind: DocumentKind, title: string) =>
  answer(sdk.documentsFileChartDocument({ ...of(id), body: { file, kind, title }, headers: once() }))
const at = ({ patient_id, document_id }: sdk.DocumentView) => ({ path: { patient_id, document_id } })
export const chartDocumentFile = (one: sdk.DocumentView) =>
  answer(sdk.documentsReadChartDocument({ ...at(one), parseAs: 'blob' })) as Promise<Blob>
export const markChartDocument = (one: sdk.DocumentView, reason: string) =>
  answer(sdk.documentsMarkChartDocument({ ...at(one), body: { reason }, headers: { 'if-match': `"${one.version}"`, ...once() } }))
export type { OwnChange, StaffView, VerifiedChange } from './generated'
export const ownProfile = () => answer(sdk.staffReadOwnProfile())
export const changeOwnProfile = (body: sdk.OwnChange, version: number) =>
  answer(sdk.staffChangeOwnProfile({ body, headers: { 'if-match': `"${version}"`, ...once() } }))
export const staffProfiles = () => answer(sdk.staffListStaff({ query: { limit: 200 } }))
export const verifyStaff = (one: sdk.StaffView, body: sdk.VerifiedChange) =>
  answer(sdk.staffChangeVerifiedFields({ path: { user_id: one.user_id }, body, headers: { 'if-match': `"${one.version}"`, ...once() } }))
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
export type { DueDose, DueTask, HoursAhead, LayerView, NotGivenReason } from './generated'
export const dueDoses = () => answer(sdk.recordsListDueDoses({ query: { limit: 100 } }))
export const recordDose = (id: string, medicationId: string, version: number, body: sdk.NewDose) =>
  answer(sdk.recordsRecordDose({
    path: { patient_id: id, medication_id: medicationId }, body, headers: { 'if-match': `"${version}"`, ...once() },
  }))
export const dueTasks = () => answer(sdk.recordsListDueTasks({ query: { limit: 100 } }))
export type { BedsAhead, Disposition } from './generated'
export const bedsAhead = () => answer(sdk.staffingReadBedsAhead())
export const hoursAhead = () => answer(sdk.staffingReadHoursAhead({ query: { hours: 12 } }))
export const layers = () => answer(sdk.qualityListLayers())
export const openAccount = (email: string, name: string, password: string) =>
  answer(sdk.authRegister({ body: { email, display_name: name, password } }))
export const auditEvents = () => answer(sdk.auditListEvents({ query: { limit: 100 } }))
export const logout = () => answer(sdk.authLogout())
export const me = () => answer(sdk.usersReadMe())
export const changeLanguage = (language: Language) => answer(sdk.usersUpdateMe({ body: { language } }))
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
export const overrideRisk = (body: NewOverride) => answer(sdk.riskOverrideAssessment({ body }))
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
  throw response ? problemFrom(response.status, error, response.headers.get('content-language') ?? 'en') : new ApiProblem(0, 'unreachable', '')
}

/* -- queues and appointments: a key makes a second press of the same button harmless -------------------------------- */
export type {
  AppointmentView as Appointment, ClinicView as Clinic, Duty, Rule as BookingRule, EntryView as QueueEntry, MatchView as Match, Position as QueuePosition, ProviderView as Provider, QueueView as QueueSummary,
  QueueChange, ScheduleView as WeeklyHours, SlotView as FreeSlot, Wall,
} from './generated'

const once = () => ({ 'Idempotency-Key': crypto.randomUUID() })

export const queues = () => answer(sdk.queuesListQueues({ query: { limit: 100 } }))
export const queueEntries = (queueId: string) => answer(sdk.queuesListEntries({ path: { queue_id: queueId } }))
export const myCalls = () => answer(sdk.queuesListMyCalls())
export const toldWaits = () => answer(sdk.queuesReadToldWaits())
export const myPlaces = () => answer(sdk.queuesListMyPositions())
export const wall = (queueId: string) => answer(sdk.queuesReadWall({ path: { queue_id: queueId } }))
/** The same by a token and nothing else: no cookie goes along, and a token that ends signs nobody out. */
export const wallByToken = (queueId: string, token: string) =>
  answer(sdk.queuesReadWall({
    path: { queue_id: queueId }, headers: { authorization: `Bearer ${token}` }, credentials: 'omit', signal: AbortSignal.timeout(10_000),
  }), () => undefined)
export const joinQueue = (queueId: string, entry: sdk.NewEntry) =>
  answer(sdk.queuesAddEntry({ path: { queue_id: queueId }, body: entry, headers: once() }))
/** The entry that was called; nothing when nobody waits. */
export async function callNext(queueId: string, desk: string): Promise<sdk.EntryView | undefined> {
  const called = await answer(sdk.queuesCallNext({ path: { queue_id: queueId }, body: desk ? { desk } : {}, headers: once() }) as Promise<Outcome<unknown>>)
  return called ? (called as sdk.EntryView) : undefined
}
export const moveEntry = (entryId: string, to: sdk.State, disposition?: sdk.Disposition) =>
  answer(sdk.queuesMoveEntry({ path: { entry_id: entryId }, body: { to, ...(disposition ? { disposition } : {}) }, headers: once() }))
export const matches = (entryId: string) => answer(sdk.queuesListMatches({ path: { entry_id: entryId } }))
export const assign = (entryId: string, providerId: string | null, reason: sdk.NewAssignment['reason']) =>
  answer(sdk.queuesAssignEntry({ path: { entry_id: entryId }, body: { provider_id: providerId, reason: reason ?? null }, headers: once() }))
export const myShift = () => answer(sdk.shiftsReadMyShift())
export const onDuty = () => answer(sdk.shiftsListOnDuty())
export const changeShift = (to: sdk.Duty, version: number | null) =>
  answer(sdk.shiftsChangeMyShift({ body: { to }, headers: { ...once(), ...(version === null ? {} : { 'if-match': `"${version}"` }) } }))
export const linkProvider = (provider: sdk.ProviderView, userId: string | null) =>
  answer(sdk.schedulesChangeProvider({
    path: { provider_id: provider.provider_id }, body: { user_id: userId }, headers: { ...once(), 'if-match': `"${provider.version}"` },
  }))
export const undoMove = (entryId: string) => answer(sdk.queuesUndoMove({ path: { entry_id: entryId }, headers: once() }))

export const providers = () => answer(sdk.schedulesListProviders())
export const schedules = () => answer(sdk.schedulesListSchedules({}))
export type PartOfDay = 'morning' | 'afternoon' | 'evening'
export const freeSlots = (provider: string, from: string, to: string, part?: PartOfDay) =>
  answer(sdk.appointmentsListSlots({ query: { provider, from, to, ...(part ? { part_of_day: part } : {}) } }))
export const queueFigures = () => answer(sdk.queuesReadFigures({ query: { days: 28 } }))
export const appointments = (from: string) => answer(sdk.appointmentsListAppointments({ query: { from, limit: 100 } }))
export const holdSlot = (slot: sdk.SlotView, patientId?: string) =>
  answer(sdk.appointmentsHoldSlot({
    body: {
      provider_id: slot.provider_id, room_id: slot.room_id, starts_at: slot.starts_at, ends_at: slot.ends_at,
      ...(patientId ? { patient_id: patientId } : {}),
    },
    headers: once(),
  }))
export const setAppointment = (id: string, status: 'booked' | 'cancelled' | 'arrived', reason?: string) =>
  answer(sdk.appointmentsChangeAppointment({
    path: { appointment_id: id }, body: { status, ...(reason === undefined ? {} : { reason }) }, headers: once(),
  }))
export const moveAppointment = (one: sdk.AppointmentView, slot: sdk.SlotView) =>
  answer(sdk.appointmentsChangeAppointment({
    path: { appointment_id: one.appointment_id }, body: { starts_at: slot.starts_at, ends_at: slot.ends_at },
    headers: { ...once(), 'if-match': `"${one.version}"` },
  }))
export const checkIn = (id: string, queueId: string, acuity: number) =>
  answer(sdk.appointmentsCheckIn({ path: { appointment_id: id }, body: { queue_id: queueId, acuity }, headers: once() }))
export const clinics = () => answer(sdk.schedulesListClinics())
export const changeClinic = (clinic: sdk.ClinicView, wish: sdk.ClinicSettings) =>
  answer(sdk.schedulesChangeClinic({ path: { facility: clinic.facility }, body: wish, headers: { ...once(), 'if-match': `"${clinic.version}"` } }))
export const configureQueue = (queue: sdk.QueueView, wish: sdk.QueueChange) =>
  answer(sdk.queuesConfigureQueue({ path: { queue_id: queue.queue_id }, body: wish, headers: { ...once(), 'if-match': `"${queue.version}"` } }))
export const waitList = () => answer(sdk.appointmentsListWaitList())
export const joinWaitList = (provider: string, from: string, to: string, patientId?: string) =>
  answer(sdk.appointmentsJoinWaitList({
    body: { provider_id: provider, not_before: from, not_after: to, ...(patientId ? { patient_id: patientId } : {}) },
    headers: once(),
  }))
