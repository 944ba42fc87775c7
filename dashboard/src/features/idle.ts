/**
 * Sign out a screen that nobody uses. The page itself keeps asking for new data, so the server cannot tell a person
 * from an empty chair; the page can.
 */
import { useIdle } from '@vueuse/core'
import { watch } from 'vue'
import { useRouter } from 'vue-router'
import { useSession } from './session'

const STAFF_MINUTES = 15
const PATIENT_MINUTES = 30

export function useIdleSignOut(): void {
  const session = useSession()
  const router = useRouter()
  const minutes = session.user?.role === 'patient' ? PATIENT_MINUTES : STAFF_MINUTES
  const { idle } = useIdle(minutes * 60_000)
  watch(idle, async (isIdle) => {
    if (!isIdle) return
    const next = router.currentRoute.value.fullPath
    // Without an answer of the server too: what is on the screen must not stay for whoever comes by.
    await session.signOut().catch(() => { session.forget() })
    await router.push({ name: 'login', query: { next, ended: '1' } })
  })
}
