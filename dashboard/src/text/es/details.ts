/** Words of what opens over a page: the weeks of a condition, a receipt, in Spanish. Belongs here: text only. */
import type { Catalogue } from '../catalogue'

export const details: Catalogue['details'] = {
  surge: {
    title: (condition: string) => `${condition}, últimas 26 semanas`,
    sub: 'Casos por semana frente al intervalo habitual, que se aprende solo de semanas anteriores',
    reporting: (observed: string, share: string, estimate: string, range: string) =>
      `${observed} casos notificados hasta ahora, normalmente el ${share} de la semana. Debería llegar a ${estimate} (intervalo del 80 % ${range}) y se juzga por lo que ya debería estar notificado.`,
    allReported: (observed: string) => `${observed} casos en la última semana. No se esperan notificaciones tardías.`,
    cases: 'Casos',
    expected: 'Esperados',
    upper: 'Límite superior',
    forecast: 'Pronóstico por mes',
    month: 'Mes',
    mean: 'Esperados',
    band80: 'Intervalo del 80 %',
    band95: 'Intervalo del 95 %',
    summary: (condition: string, count: string, expected: string, upper: string) =>
      `${condition}: ${count} casos en la última semana, ${expected} esperados, límite superior ${upper}.`,
    close: 'Cerrar',
    noForecast: 'Historia insuficiente para un pronóstico de esta afección.',
  },
  receipt: {
    title: 'Comprobante',
    sub: 'De dónde viene este número',
    id: 'Comprobante',
    created: 'Creado',
    close: 'Cerrar',
    copy: 'Copiar el número',
    copied: 'Copiado',
    yes: 'Sí',
    no: 'No',
    more: (items: string, count: number) => `${items} y ${count} más`,
  },
}
