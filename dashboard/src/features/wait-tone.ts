/** How a wait stands against its level's target time. Belongs here: the thresholds. Does not belong here: colours (QueueTable). */

export type WaitTone = 'in-time' | 'soon' | 'late'
/** From this share of the target time on somebody should look. */
const SOON = 0.75

export function waitTone(entry: { arrived_at: string; due_at: string }, now: number): WaitTone {
  const arrived = Date.parse(entry.arrived_at)
  const due = Date.parse(entry.due_at)
  if (now >= due) return 'late'
  return (now - arrived) / (due - arrived) >= SOON ? 'soon' : 'in-time'
}
