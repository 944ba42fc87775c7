/** Where a person wanted to go when the sign-in came between. */

/** An address of this page, and no other: no one may send a person elsewhere through `next`. */
export function ownAddress(wanted: unknown): string | null {
  return typeof wanted === 'string' && /^\/(?![/\\])/.test(wanted) ? wanted : null
}
