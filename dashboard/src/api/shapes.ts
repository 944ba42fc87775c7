/**
 * The results of the five analyses, as `ml.analytics` writes them.
 * Belongs here: shapes of published payloads. Does not belong here: requests (the generated client has those).
 */
export type Level = 'low' | 'moderate' | 'high' | 'critical'
export type Section = 'health_trends' | 'demographics' | 'associations' | 'patient_volume' | 'illness_surge'

export interface RankedCondition {
  rank: number
  condition: string
  count: number | null
  share: number | null
  share_low: number | null
  share_high: number | null
  previous_rank: number | null
}

export interface RankedWeek {
  week: string
  week_start_date: string
  total: number | null
  conditions: RankedCondition[]
}

export interface TrendingCondition {
  condition: string
  recent_count: number | null
  previous_count: number | null
  ratio: number | null
  ratio_low: number | null
  ratio_high: number | null
  direction: 'rising' | 'falling' | 'steady'
}

export interface SeasonalCondition {
  condition: string
  peak_month: number
  strength: number
  monthly_index: number[]
}

export interface HealthTrends {
  period_start_date: string | null
  period_end_date: string | null
  weeks: RankedWeek[]
  trending: TrendingCondition[]
  seasonality: SeasonalCondition[]
}

export interface AgeBand {
  band: string
  count: number | null
  share: number | null
  share_low: number | null
  share_high: number | null
  female_count: number | null
  male_count: number | null
  other_count: number | null
}

export interface SexShare {
  sex: string
  count: number | null
  share: number | null
  share_low: number | null
  share_high: number | null
}

export interface Demographics {
  period_start_date: string | null
  period_end_date: string | null
  total: number | null
  age_bands: AgeBand[]
  sexes: SexShare[]
}

export interface Association {
  factor: string
  condition: string
  chi2: number | null
  dof: number | null
  p_value: number | null
  p_adjusted: number | null
  cramers_v: number | null
  v_low: number | null
  v_high: number | null
  strength: 'strong' | 'moderate' | 'weak' | 'none found'
  n: number
  is_valid: boolean
  note: string | null
}

export interface Associations {
  alpha: number
  adjustment: string
  n: number
  tests: Association[]
}

export interface Interval {
  mean: number
  lo80: number
  hi80: number
  lo95: number
  hi95: number
}

export interface ForecastMonth extends Interval {
  month: string
  step?: number
}

export interface Evaluation {
  split: string
  train_months: number
  test_months: number
  mae: number | null
  mse: number | null
  rmse: number | null
  mape: number | null
  mase: number | null
  skill: number | null
  coverage80: number | null
  coverage95: number | null
}

export interface PatientVolume {
  series_id: string
  model: string
  refused: string | null
  notes: string[]
  history: { month: string; count: number | null }[]
  forecast: ForecastMonth[]
  evaluation: Evaluation | null
  competitors: { model: string; mae: number | null; mase: number | null }[]
}

export interface SurgeWeek {
  week: string
  week_start_date: string
  count: number | null
  expected: number | null
  upper: number | null
  level: Level | null
}

export interface SurgeCondition {
  condition: string
  level: Level | null
  p_exceed: number | null
  observed: number | null
  expected: number | null
  upper: number | null
  excess: number | null
  week: string
  week_start_date: string
  weeks: SurgeWeek[]
  forecast: ForecastMonth[]
}

export interface IllnessSurge {
  as_of_week: string | null
  conditions: SurgeCondition[]
}

export interface SectionData {
  health_trends: HealthTrends
  demographics: Demographics
  associations: Associations
  patient_volume: PatientVolume
  illness_surge: IllnessSurge
}

/** One published section: what it says, up to when, and where it comes from. */
export interface Block<S extends Section = Section> {
  section: S
  as_of: string
  receipt: string
  data: SectionData[S]
}

export interface Analytics {
  generated_at: string
  is_synthetic: boolean
  sections: { [S in Section]: Block<S> | null }
}

export interface Realtime {
  generated_at: string
  is_synthetic: boolean
  today: {
    registrations_count: number | null
    by_hour: { hour_start_at: string; count: number | null }[]
    by_condition: { condition: string | null; count: number | null }[]
    by_acuity: { acuity: number | null; count: number | null }[]
  }
  latest_registered_at: string | null
}
