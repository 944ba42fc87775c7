/** How much of a condition's latest week is reported, in words. */
import type { SurgeCondition } from '../api/shapes'
import * as fmt from '../fmt'
import { details } from '../text/details'

type Reported = Pick<SurgeCondition, 'observed' | 'complete_share' | 'estimate' | 'estimate_low' | 'estimate_high'>

/** A share that rounds to 100 % is all; nothing is said where the count is hidden or was not estimated. */
export function reportingOf(condition: Reported): string {
  const { observed, complete_share: share, estimate, estimate_low: low, estimate_high: high } = condition
  if (observed === null || share == null || estimate == null) return ''
  if (share >= 0.995) return details.surge.allReported(fmt.count(observed))
  return details.surge.reporting(fmt.count(observed), fmt.percent(share), fmt.count(estimate), fmt.range(low ?? null, high ?? null))
}
