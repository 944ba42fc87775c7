/**
 * Which language a person reads: chosen on the sign-in page or in the account, kept in the account.
 * Belongs here: the choice and when the page is loaded again for it. Does not belong here: the words (text/).
 */
import * as api from '../api'
import type { User } from '../api'
import { browserLanguage, hasGivenUp, isLanguage, language, rememberLanguage, type Language } from '../text/language'

/** Chosen in this tab, perhaps before anybody was signed in: it becomes the account's, and goes before what was read earlier. */
const PICKED = 'medisync-language-picked'

function loadAgainIn(wanted: Language): void {
  rememberLanguage(wanted)
  location.reload()
}

/** Choose for somebody who is signed in, or for the sign-in page. */
export async function chooseLanguage(wanted: Language, user: User | null): Promise<void> {
  if (user) await api.changeLanguage(wanted)
  sessionStorage.setItem(PICKED, wanted)
  if (wanted !== language()) loadAgainIn(wanted)
}

/** After somebody is known: true when the page is being loaded again in their language. */
export async function settleLanguage(user: User): Promise<boolean> {
  const picked = sessionStorage.getItem(PICKED)
  sessionStorage.removeItem(PICKED)
  if (isLanguage(picked) && picked !== user.language) await api.changeLanguage(picked)
  const wanted = isLanguage(picked) ? picked : (user.language ?? browserLanguage())
  if (wanted === language() || hasGivenUp()) return false
  loadAgainIn(wanted)
  return true
}
