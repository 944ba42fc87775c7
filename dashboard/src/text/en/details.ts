/** Words of what opens over a page: the weeks of a condition, a receipt. Belongs here: text only. */
export const details = {
  surge: {
    title: (condition: string) => `${condition}, last 26 weeks`,
    sub: 'Cases a week against the usual range, which is learned from earlier weeks only',
    reporting: (observed: string, share: string, estimate: string, range: string) =>
      `${observed} cases reported so far, usually ${share} of the week. It should come to ${estimate} (80 % interval ${range}) and is judged by what should be reported by now.`,
    allReported: (observed: string) => `${observed} cases in the latest week. No late reports are expected.`,
    cases: 'Cases',
    expected: 'Expected',
    upper: 'Upper limit',
    forecast: 'Forecast by month',
    month: 'Month',
    mean: 'Expected',
    band80: '80 % interval',
    band95: '95 % interval',
    summary: (condition: string, count: string, expected: string, upper: string) =>
      `${condition}: ${count} cases in the latest week, ${expected} expected, upper limit ${upper}.`,
    close: 'Close',
    noForecast: 'Too little history for a forecast of this condition.',
  },
  receipt: {
    title: 'Receipt',
    sub: 'Where this number comes from',
    id: 'Receipt',
    created: 'Made',
    close: 'Close',
    copy: 'Copy number',
    copied: 'Copied',
    yes: 'Yes',
    no: 'No',
    more: (items: string, count: number) => `${items} and ${count} more`,
  },
} as const
