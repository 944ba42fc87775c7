/**
 * How numbers, dates and intervals are written. Everything a person reads passes through here.
 * Belongs here: Intl and typography. Does not belong here: words (text/) and decisions about data.
 */
import { language, locale } from '../text/language'

/** Of this page, for its whole life: another language loads the page again. */
const LOCALE = locale()
const NBSP = '\u00a0'

/** Stands for a number that is not there: never 0. */
export const MISSING = '–'

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const fixed = new Map<number, Intl.NumberFormat>()

function decimals(digits: number): Intl.NumberFormat {
  const known = fixed.get(digits)
  if (known) return known
  const made = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  fixed.set(digits, made)
  return made
}

type Maybe = number | null | undefined

function isNumber(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function withMinus(text: string): string {
  return text.replace('-', '−')
}

/** 3771.4 -> «3,771», in Spanish «3771». */
export function count(value: Maybe): string {
  return isNumber(value) ? withMinus(whole.format(Math.round(value) + 0)) : MISSING
}

/** 0.3149, 2 -> «0.31», in Spanish «0,31». */
export function decimal(value: Maybe, digits = 1): string {
  return isNumber(value) ? withMinus(decimals(digits).format(value)) : MISSING
}

/** A share of one: 0.54 -> «54 %». */
export function percent(share: Maybe, digits = 0): string {
  return isNumber(share) ? `${decimal(share * 100, digits)}${NBSP}%` : MISSING
}

/** Both ends of an interval of counts: «3,556–3,986». */
export function range(low: Maybe, high: Maybe, write: (value: Maybe) => string = count): string {
  return isNumber(low) && isNumber(high) ? `${write(low)}–${write(high)}` : MISSING
}

/** Both ends of an interval of shares: «53–55 %». */
export function percentRange(low: Maybe, high: Maybe, digits = 0): string {
  if (!isNumber(low) || !isNumber(high)) return MISSING
  return `${decimal(low * 100, digits)}–${decimal(high * 100, digits)}${NBSP}%`
}

/** With its sign, true minus: «+14», «−4», «0»; with one digit «+14.3». */
export function signed(value: Maybe, digits = 0): string {
  if (!isNumber(value)) return MISSING
  const rounded = Number(value.toFixed(digits)) + 0
  return rounded > 0 ? `+${decimal(rounded, digits)}` : decimal(rounded, digits)
}

/** A change between two counts in percent: «+8 %», «−3 %». */
export function change(now: Maybe, before: Maybe): string {
  if (!isNumber(now) || !isNumber(before) || before === 0) return MISSING
  return `${signed((now / before - 1) * 100)}${NBSP}%`
}

/** «< 0.001», «0.03». */
export function pValue(value: Maybe): string {
  if (!isNumber(value)) return MISSING
  if (value < 0.001) return `<${NBSP}${decimal(0.001, 3)}`
  return decimal(value, value < 0.01 ? 3 : 2)
}

/** The first letter large: «Influenza». */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Lower-case inside a sentence, but not an abbreviation: «influenza», «COPD». */
export function inline(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

/** «influenza», «influenza and pneumonia», «influenza, pneumonia and asthma». */
export function list(items: readonly string[]): string {
  return new Intl.ListFormat(LOCALE, { type: 'conjunction' }).format(items)
}

/** Three letters in English, where Intl has «Sept»; what Intl has in every other language. */
const monthShort = new Intl.DateTimeFormat(LOCALE, { month: 'short', timeZone: 'UTC' })
const MONTHS: readonly string[] = language() === 'en'
  ? ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  : Array.from({ length: 12 }, (_, month) => monthShort.format(new Date(Date.UTC(2024, month, 1))))
const monthName = new Intl.DateTimeFormat(LOCALE, { month: 'long', timeZone: 'UTC' })

/** 1 -> «Jan». */
export function shortMonth(month: number): string {
  return MONTHS[month - 1] ?? MISSING
}

/** «2026-12» -> «Dec 2026». */
export function month(text: string): string {
  return `${shortMonth(Number(text.slice(5, 7)))} ${text.slice(0, 4)}`
}

/** «2026-12» or 12 -> «December». */
export function fullMonth(value: string | number): string {
  const number = typeof value === 'number' ? value : Number(value.slice(5, 7))
  return monthName.format(new Date(Date.UTC(2024, number - 1, 1)))
}

/** Intl writes no weeks: W as in ISO 8601, in Spanish S of «semana». */
const WEEK = language() === 'es' ? 'S' : 'W'

/** «2026-W47» -> «W47», in Spanish «S47». */
export function week(text: string): string {
  return text.slice(text.indexOf('W')).replace('W', WEEK)
}

/** A month, week or day by its code: «2026-12» -> «Dec 2026», «2026-W47» -> «2026-W47», «2026-11-24» -> «24 Nov 2026». */
export function period(code: string): string {
  if (/^\d{4}-\d\d$/.test(code)) return month(code)
  return /^\d{4}-\d\d-\d\d$/.test(code) ? day(code) : code.replace(/^(\d{4}-)W(?=\d\d$)/, `$1${WEEK}`)
}

const dayFormat = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
const longDay = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'long' })
const momentFormat = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
})
const clockFormat = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** Intl has «Sept» in British English: three letters, as in every other month. */
function withShortMonth(text: string): string {
  return text.replace(/\bSept\b/, 'Sep')
}

/** A calendar date («2026-11-24») -> «24 Nov 2026». */
export function day(text: string | null | undefined): string {
  return text ? withShortMonth(dayFormat.format(new Date(`${text.slice(0, 10)}T00:00:00Z`))) : MISSING
}

/** The calendar date of a moment in the reader's time zone, as a field or a file name holds it: «2026-11-24». */
export function isoDay(moment: Date): string {
  const two = (part: number) => String(part).padStart(2, '0')
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
}

/** Full years from a calendar date to a moment, in the reader's time zone. */
export function yearsSince(date: string, now: Date): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const hasHadBirthday = now.getMonth() + 1 > month || (now.getMonth() + 1 === month && now.getDate() >= day)
  return now.getFullYear() - year - (hasHadBirthday ? 0 : 1)
}

/** «Tuesday 24 November», in the reader's time zone. */
export function weekday(moment: Date): string {
  return longDay.format(moment).replace(',', '')
}

/** A moment (UTC ISO 8601) in the reader's time zone: «24 Nov 2026, 08:14». */
export function moment(text: string | null | undefined): string {
  return text ? withShortMonth(momentFormat.format(new Date(text))) : MISSING
}

/** Only the time of day: «08:14». */
export function clock(when: Date): string {
  return clockFormat.format(when)
}

/** An age in milliseconds: «2 s», «4 min», «3 h», «2 d». */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds}${NBSP}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NBSP}min`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}${NBSP}h`
  return `${Math.floor(seconds / 86400)}${NBSP}d`
}

/** «AB» of «Amara Baldé»; titles do not count. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word && !/^(dr|dra|prof|mr|mrs|ms|sr|sra)\.?$/i.test(word))
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.charAt(0) ?? '')
  return letters.join('').toUpperCase()
}

/** The time zone in which this device writes times: «Europe/Madrid». */
export function deviceZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}
