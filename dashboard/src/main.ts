/**
 * The start: the language first, then everything that has words in it.
 * Belongs here: the order of loading. Does not belong here: any import that leads to text/, but for the choice itself.
 */
import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { ClosePopup, Dark, Quasar } from 'quasar'
import { createApp } from 'vue'
import '@fontsource-variable/inter/wght.css'
import 'quasar/dist/quasar.css'
import './theme.css'
import { enterLanguage, language, quasarWords, rememberedLanguage } from './text/language'

async function start(): Promise<void> {
  await enterLanguage(rememberedLanguage())
  const [{ default: App }, { makeRouter }, lang] = await Promise.all([import('./App.vue'), import('./router'), quasarWords()])
  const pinia = createPinia()
  const app = createApp(App).use(pinia).use(PiniaColada).use(Quasar, { plugins: { Dark }, directives: { ClosePopup }, ...(lang ? { lang } : {}) })
  // Quasar names its own language pack here, American English among them.
  document.documentElement.lang = language()
  app.use(makeRouter(pinia)).mount('#app')
}

void start()
