/** A number as a person types it. Belongs here: reading it. Does not belong here: its limits. */

/** With a decimal comma or a decimal point; NaN where it is no number, and where nothing was typed. */
export function typedNumber(text: string): number {
  const plain = text.trim().replace(',', '.')
  return plain === '' ? Number.NaN : Number(plain)
}
