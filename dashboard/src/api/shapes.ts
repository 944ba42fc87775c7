/**
 * The shapes of answers under the names that the dashboard uses.
 * Belongs here: names. Does not belong here: the shapes themselves; they are generated from openapi.json.
 */
import type { AnalyticsPage, Sections } from './generated'

export type {
  AssociationTest as Association, Associations, Demographics, HealthTrends, IllnessSurge, PatientVolume,
  RealtimePage as Realtime, ConditionSurge as SurgeCondition, SurgeWeek, Seasonality as SeasonalCondition,
  Trending as TrendingCondition, TrendWeek as RankedWeek,
} from './generated'

export type Analytics = AnalyticsPage
export type Level = 'low' | 'moderate' | 'high' | 'critical'
export type Section = keyof Sections
/** One published section: what it says, up to when, and where it comes from. */
export type Block<S extends Section = Section> = NonNullable<Sections[S]>
