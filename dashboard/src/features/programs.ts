/** Programs that an administrator registered: listing, registering by public keys, revoking. */
import * as api from '../api'
import { useChange } from './change'
import { usePanel } from './panel'

export type { Program } from '../api'
export const RESOURCES = ['Appointment', 'RiskAssessment', 'Slot'] as const
export type Resource = (typeof RESOURCES)[number]
/** What a select says of a resource that is not to be read. */
export const NOTHING = 'none'

/** The key set that somebody pasted; nothing where it is none: the server judges each key. */
export function keySetOf(text: string): api.KeySet | undefined {
  try {
    const given: unknown = JSON.parse(text)
    const isSet = typeof given === 'object' && given !== null && 'keys' in given && Array.isArray(given.keys)
    return isSet ? (given as api.KeySet) : undefined
  } catch {
    return undefined
  }
}

/** SMART's scopes of what was chosen for each resource. */
export function scopesOf(chosen: Readonly<Record<Resource, string>>): string[] {
  return RESOURCES.filter((one) => chosen[one] !== NOTHING).map((one) => `system/${one}.${chosen[one]}`)
}

export function usePrograms() {
  const { data, state } = usePanel({ key: ['programs'], query: api.programs })
  const registering = useChange(
    ({ name, scopes, jwks }: { name: string; scopes: string[]; jwks: api.KeySet }) => api.registerProgram(name, scopes, jwks), [['programs']])
  const revoking = useChange(api.revokeProgram, [['programs']])
  return { programs: data, state, registering, revoking }
}
