/** Words about entries that may be one person, in Spanish. Belongs here: text only. */
import type { Catalogue } from '../catalogue'

export const linkage: Catalogue['linkage'] = {
  found: (count: number) => (count === 1 ? 'Un paciente puede ser esta persona' : `${count} pacientes pueden ser esta persona`),
  foundSub: 'Por la puntuación de coincidencia. Se muestra qué campos coinciden, no lo que dice la historia.',
  states: { match: 'Coincide', possible_match: 'Posible coincidencia', no_match: 'No coincide' },
  probability: (share: string) => `${share} de probabilidad`,
  overProbable: (share: string) => `más del ${share} de probabilidad`,
  use: 'Registrar la visita para este paciente',
  useNamed: (id: string) => `Registrar la visita para este paciente: ${id}`,
  another: 'Es otra persona: dar de alta igualmente',
  fields: {
    family_name: 'Apellidos', given_name: 'Nombre', birth_date: 'Fecha de nacimiento', sex: 'Sexo registrado', phone: 'Teléfono', email: 'Correo electrónico',
    identifier: 'Número',
  },
  levels: {
    exact: 'igual', near: 'casi igual', sounds_alike: 'suena igual', swapped: 'uno en lugar del otro', day_month_swapped: 'día y mes intercambiados',
    one_digit: 'difiere una cifra', same_year: 'solo coincide el año', differs: 'difiere',
  },
  field: 'Campo', agreement: 'Coincidencia', bits: 'Peso, bits',
  reasons: (name: string) => `Razones: ${name}`,
  pairs: {
    title: 'Pacientes que pueden ser una misma persona',
    sub: 'Pares que alcanzan el umbral de posible coincidencia, los más probables primero. Se muestra qué campos coinciden, nunca lo que dicen.',
    none: 'No hay dos pacientes que parezcan la misma persona.',
    counts: (match: string, possible: string) => `${match} coincidencias y ${possible} posibles coincidencias esperan una decisión.`,
    same: 'La misma persona', different: 'Personas distintas',
    sameNamed: (one: string, other: string) => `La misma persona: ${one} y ${other}`,
    differentNamed: (one: string, other: string) => `Personas distintas: ${one} y ${other}`,
    note: 'La decisión se guarda y se muestra aquí; no une las historias.',
    decided: (name: string, moment: string) => `${name}, ${moment}`,
    show: 'Mostrar',
    shows: [{ value: 'open', label: 'En espera' }, { value: 'same_person', label: 'La misma persona' }, { value: 'different_people', label: 'Personas distintas' }],
    seen: { same_person: 'La misma persona', different_people: 'Personas distintas', open: 'En espera' },
  },
}
