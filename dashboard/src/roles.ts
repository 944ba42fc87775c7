/**
 * Which pages a role has, in the order of its navigation; the first is its home.
 * Belongs here: what is offered. Does not belong here: what is allowed (the server decides that, always).
 */
import type { Role } from './features/session'

export type PageName = 'overview' | 'risk' | 'register' | 'quality' | 'models' | 'system' | 'patient'

export const PAGES_OF_ROLE: Readonly<Record<Role, readonly PageName[]>> = {
  doctor: ['overview', 'risk', 'register'],
  nurse: ['overview', 'register', 'risk'],
  patient: ['patient'],
  admin: ['system', 'models', 'overview'],
  steward: ['quality', 'overview'],
  ml_engineer: ['models', 'overview'],
}

export function homeOf(role: Role): PageName {
  return PAGES_OF_ROLE[role][0] ?? 'patient'
}
