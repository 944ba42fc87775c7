import {
  symRoundedAdminPanelSettings, symRoundedClinicalNotes,
  symRoundedHandshake, symRoundedNotificationImportant,
  symRoundedDns, symRoundedFactCheck, symRoundedModelTraining, symRoundedMonitoring, symRoundedPerson, symRoundedPersonAdd,
  symRoundedStethoscope, symRoundedBed, symRoundedCalendarMonth, symRoundedGroups, symRoundedTv,
} from '@quasar/extras/material-symbols-rounded'
import type { PageName } from '../roles'

export const ICONS: Readonly<Record<PageName, string>> = {
  overview: symRoundedMonitoring,
  charts: symRoundedClinicalNotes,
  access: symRoundedAdminPanelSettings,
  risk: symRoundedStethoscope,
  register: symRoundedPersonAdd,
  quality: symRoundedFactCheck,
  models: symRoundedModelTraining,
  alerts: symRoundedNotificationImportant,
  promises: symRoundedHandshake,
  staffing: symRoundedBed,
  system: symRoundedDns,
  patient: symRoundedPerson,
  queue: symRoundedGroups,
  wall: symRoundedTv,
  booking: symRoundedCalendarMonth,
}
