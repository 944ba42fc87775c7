/** The application, put together and mounted. Belongs here: plugins. Loaded when the words of the page are there. */
import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { ClosePopup, Dark, Quasar } from 'quasar'
import { createApp } from 'vue'
import App from './App.vue'
import { makeRouter } from './router'
import { language, quasarWords } from './text/language'

export async function open(): Promise<void> {
  const lang = await quasarWords()
  const pinia = createPinia()
  const app = createApp(App).use(pinia).use(PiniaColada)
  app.use(Quasar, { plugins: { Dark }, directives: { ClosePopup }, ...(lang ? { lang } : {}) })
  // Quasar has written its own pack's name here: American English, where nothing else was asked for.
  document.documentElement.lang = language()
  app.use(makeRouter(pinia)).mount('#app')
}
