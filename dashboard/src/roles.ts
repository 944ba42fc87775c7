/**
 * Which pages a role has, in the order of its navigation; the first is its home.
 * Belongs here: what is offered. Does not belong here: what is allowed (the server decides that, always).
 */
import type { Role } from './features/session'

export type PageName =
  | 'overview' | 'risk' | 'register' | 'quality' | 'models' | 'system' | 'patient' | 'alerts' | 'promises' | 'staffing'
  | 'queue' | 'wall' | 'booking' | 'charts' | 'access'

export const PAGES_OF_ROLE: Readonly<Record<Role, readonly PageName[]>> = {
  doctor: ['overview', 'charts', 'queue', 'risk', 'register', 'booking', 'alerts', 'promises', 'wall'],
  nurse: ['overview', 'queue', 'charts', 'register', 'risk', 'booking', 'staffing', 'alerts', 'promises', 'wall'],
  patient: ['patient', 'booking'],
  admin: ['system', 'access', 'models', 'overview', 'alerts', 'staffing', 'promises', 'wall'],
  steward: ['quality', 'overview', 'alerts', 'promises'],
  ml_engineer: ['models', 'overview', 'alerts', 'promises'],
}

export function homeOf(role: Role): PageName {
  return PAGES_OF_ROLE[role][0] ?? 'patient'
}
