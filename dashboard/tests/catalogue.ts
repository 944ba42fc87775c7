/** The English words by area, as the Spanish catalogue holds them. */
import { assessment } from '../src/text/en/assessment'
import { beds } from '../src/text/en/beds'
import { details } from '../src/text/en/details'
import { documents } from '../src/text/en/documents'
import { entrance } from '../src/text/en/entrance'
import { text as general } from '../src/text/en/general'
import { governance } from '../src/text/en/governance'
import { linkage } from '../src/text/en/linkage'
import { office } from '../src/text/en/office'
import { words as operations } from '../src/text/en/operations'
import { people } from '../src/text/en/people'
import { programs } from '../src/text/en/programs'
import { screen } from '../src/text/en/screen'
import { staff } from '../src/text/en/staff'

export const english = {
  assessment, beds, details, documents, entrance, general, governance, linkage, office, operations, people, programs, screen, staff,
}
