/** Words about the beds of the next hours, and about where a patient goes when a visit ends, in Spanish. Belongs here: text only. */
import type { Catalogue } from '../catalogue'

export const beds: Catalogue['beds'] = {
  title: 'Camas de las próximas ocho horas',
  sub: 'Camas de hospitalización que se pedirán desde ahora, por los pacientes que están aquí y por los que vendrán',
  none: 'Ahora no hay ninguna previsión',
  sentence: (until: string, range: string) => `hasta las ${until}, 80 % ${range}`,
  beds: (count: number) => (count === 1 ? 'cama' : 'camas'),
  here: (count: number) => (count === 1 ? 'por el paciente que está aquí' : `por los ${String(count)} pacientes que están aquí`),
  arrivals: 'por los que vendrán',
  expected: 'Esperado',
  band80: '80 %',
  band95: '95 %',
  now: 'ahora',
  summary: (point: string, until: string, low: string, high: string, first: string) =>
    `Camas que se pedirán desde ahora. Hasta las ${until}: ${point}, intervalo del 80 % de ${low} a ${high}. En la primera hora: ${first} esperadas.`,
  columns: {
    until: 'Hasta', point: 'Camas desde ahora (mediana)', mean: 'Esperado', here: 'De ellas, por pacientes presentes', arrivals: 'De ellas, por llegadas',
    hour: 'Esperado en la hora', hourLow: 'Hora lo80', hourHigh: 'Hora hi80',
  },
  record: (days: string) => `En ${days} días que no había visto, se desvió en`,
  recordBeds: 'camas',
  usualHour: 'número habitual de la hora',
  occupancy: 'una parte de los presentes',
  held: 'intervalo del 80 % cumplido',
  sources: {
    forecast: 'Llegadas: las de las últimas semanas, ajustadas al pronóstico de este mes.',
    recent_weeks: 'Llegadas: como en las últimas semanas.',
  },
  ending: {
    title: (ticket: string) => `Cerrar la visita ${ticket}`,
    body: 'De lo que se elige aquí se prevén las camas de las próximas horas.',
    question: '¿Adónde va el paciente?',
    choices: { discharged: 'A casa', admitted: 'A una cama de este hospital', transferred: 'A otro hospital' },
    needed: 'Elija una de las tres.',
    cancel: 'Cancelar',
    save: 'Cerrar',
  },
}
