/**
 * Addresses and pages. Belongs here: which page stands where, and the way to the sign-in. Does not belong here: what a
 * role may see (roles.ts says what is offered, the server what is allowed).
 */
import type { Pinia } from 'pinia'
import { nextTick } from 'vue'
import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router'
import { whenSignedOut } from './api'
import { ownAddress } from './features/next-address'
import { useSession } from './features/session'
import { homeOf, PAGES_OF_ROLE, type PageName } from './roles'
import { text } from './text/general'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    isPublic?: boolean
    /** Hangs on a wall: asks with a token of its own and knows no session. */
    isScreen?: boolean
    page?: PageName
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', redirect: { name: 'overview' } },
  { path: '/receipts/:id', name: 'receipt', redirect: (to) => ({ name: 'home', query: { receipt: String(to.params.id) } }) },
  { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue'), meta: { title: text.signIn, isPublic: true } },
  {
    path: '/screen/:queueId', name: 'screen', component: () => import('./pages/ScreenPage.vue'),
    meta: { title: text.nav.wall, isPublic: true, isScreen: true },
  },
  page('overview', () => import('./pages/OverviewPage.vue')),
  page('charts', () => import('./pages/ChartsPage.vue')),
  page('access', () => import('./pages/AccessPage.vue')),
  { path: '/account', name: 'account', component: () => import('./pages/ProfilePage.vue'), meta: { title: text.ownAccount } },
  page('risk', () => import('./pages/RiskPage.vue')),
  page('register', () => import('./pages/RegisterPage.vue')),
  page('quality', () => import('./pages/QualityPage.vue')),
  page('models', () => import('./pages/ModelsPage.vue')),
  page('alerts', () => import('./pages/AlertsPage.vue')),
  page('promises', () => import('./pages/PromisesPage.vue')),
  page('staffing', () => import('./pages/StaffingPage.vue')),
  page('system', () => import('./pages/SystemPage.vue')),
  page('queue', () => import('./pages/QueuePage.vue')),
  page('wall', () => import('./pages/WallPage.vue')),
  page('booking', () => import('./pages/BookingPage.vue')),
  page('patient', () => import('./pages/PatientPage.vue')),
  { path: '/:path(.*)*', name: 'not-found', component: () => import('./pages/NotFoundPage.vue'), meta: { title: text.notFound.title } },
]

const isHome = (name: unknown) => name === 'home' || name === 'receipt'

function page(name: PageName, component: () => Promise<unknown>): RouteRecordRaw {
  return { path: `/${name}`, name, component, meta: { title: text.nav[name], page: name } } as RouteRecordRaw
}

export function makeRouter(pinia: Pinia): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    // Another page begins at its top, and going back returns to where one was; what a page opens over itself moves nothing.
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  })
  const session = useSession(pinia)

  router.beforeEach(async (to) => {
    if (to.meta.isScreen) return true
    if (!session.isKnown) await session.load()
    const role = session.user?.role
    if (!role) return to.meta.isPublic ? true : { name: 'login', query: to.path === '/' ? {} : { next: to.fullPath } }
    const next = to.name === 'login' ? ownAddress(to.query.next) : null
    if (next) return next
    if (to.name === 'login' || isHome(to.redirectedFrom?.name)) {
      return to.name === homeOf(role) ? true : { name: homeOf(role), query: to.query }
    }
    if (to.meta.page && !PAGES_OF_ROLE[role].includes(to.meta.page)) return { name: homeOf(role), query: to.query }
    return true
  })

  router.afterEach(async (to, from) => {
    document.title = to.meta.title ? `${to.meta.title} · ${text.app}` : text.app
    // From the navigation the keyboard and a reader go on in the page that was asked for; the first page takes nothing.
    if (!from.name || to.path === from.path) return
    await nextTick()
    document.getElementById('main')?.focus({ preventScroll: true })
  })

  whenSignedOut(() => {
    if (!session.isSignedIn) return
    session.forget()
    void router.push({ name: 'login', query: { next: router.currentRoute.value.fullPath, ended: '1' } })
  })

  return router
}
