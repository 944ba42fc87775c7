/** The whole Spanish catalogue, in one file that only a Spanish page fetches. */
import type { Catalogue } from '../catalogue'
import { assessment } from './assessment'
import { beds } from './beds'
import { details } from './details'
import { documents } from './documents'
import { entrance } from './entrance'
import { text as general } from './general'
import { governance } from './governance'
import { linkage } from './linkage'
import { office } from './office'
import { words as operations } from './operations'
import { people } from './people'
import { programs } from './programs'
import { screen } from './screen'
import { staff } from './staff'

export const catalogue: Catalogue = {
  general, assessment, beds, details, documents, entrance, governance, linkage, office, operations, people, programs, screen, staff,
}
