/** Small published analyses for unit tests, in the shapes of openapi.json. */
import type { Analytics, IllnessSurge, Level, PatientVolume, RankedWeek } from '../src/api/shapes'

const bounds = { lo80: 90, hi80: 110, lo95: 85, hi95: 115 }

export function surgeOf(levels: Record<string, Level>): IllnessSurge {
  const week = { week: '2026-W47', week_start_date: '2026-11-16' }
  return {
    as_of_week: '2026-W47',
    conditions: Object.entries(levels).map(([condition, level]) => ({
      condition, level, p_exceed: 0.001, observed: 20, expected: 10, upper: 15, excess: 10, ...week,
      weeks: [{ ...week, count: 20, expected: 10, upper: 15, level }], forecast: [],
    })),
  }
}

export function volumeOf(means: Record<string, number>, history: Record<string, number> = {}): PatientVolume {
  return {
    series_id: 'all', model: 'sarima', refused: null, notes: [], evaluation: null, competitors: [],
    history: Object.entries(history).map(([month, count]) => ({ month, count })),
    forecast: Object.entries(means).map(([month, mean], index) => ({ step: index + 1, month, mean, ...bounds })),
  }
}

export function analyticsOf(parts: { surge?: IllnessSurge; volume?: PatientVolume }): Analytics {
  const about = { as_of: '2026-11-23T00:00:00Z', receipt: 'rcp' }
  return {
    generated_at: '2026-11-24T00:00:00Z', is_synthetic: true,
    sections: {
      health_trends: null, demographics: null, associations: null,
      patient_volume: parts.volume ? { ...about, section: 'patient_volume', data: parts.volume } : null,
      illness_surge: parts.surge ? { ...about, section: 'illness_surge', data: parts.surge } : null,
    },
  }
}

export function weekOf(week: string, ranking: string[]): RankedWeek {
  return {
    week, week_start_date: '2026-11-16', total: 100,
    conditions: ranking.map((condition, index) => ({
      rank: index + 1, condition, count: 20 - index, share: 0.2, share_low: 0.1, share_high: 0.3, previous_rank: null,
    })),
  }
}
