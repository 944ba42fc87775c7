/**
 * The shape of a catalogue. Belongs here: types only. English defines which words there are; a language that lacks one, or
 * has one too many, is a type error.
 */
import type { assessment } from './en/assessment'
import type { beds } from './en/beds'
import type { details } from './en/details'
import type { documents } from './en/documents'
import type { entrance } from './en/entrance'
import type { text } from './en/general'
import type { governance } from './en/governance'
import type { linkage } from './en/linkage'
import type { office } from './en/office'
import type { words } from './en/operations'
import type { people } from './en/people'
import type { programs } from './en/programs'
import type { screen } from './en/screen'
import type { staff } from './en/staff'

/** The same keys and the same arguments, other words; what a select sends (`value`) stays. */
export type Words<T> = T extends string
  ? string
  : T extends (...given: infer Given) => string
    ? (...given: Given) => string
    : { readonly [Key in keyof T]: Key extends 'value' ? T[Key] : Words<T[Key]> }

export interface Catalogue {
  general: Words<typeof text>
  assessment: Words<typeof assessment>
  beds: Words<typeof beds>
  details: Words<typeof details>
  documents: Words<typeof documents>
  entrance: Words<typeof entrance>
  governance: Words<typeof governance>
  linkage: Words<typeof linkage>
  office: Words<typeof office>
  operations: Words<typeof words>
  people: Words<typeof people>
  programs: Words<typeof programs>
  screen: Words<typeof screen>
  staff: Words<typeof staff>
}
