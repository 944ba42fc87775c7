import { createApp } from 'vue'
import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { ClosePopup, Dark, Quasar } from 'quasar'
import '@fontsource-variable/inter/wght.css'
import 'quasar/dist/quasar.css'
import './theme.css'
import App from './App.vue'
import { makeRouter } from './router'

const pinia = createPinia()
createApp(App)
  .use(pinia)
  .use(PiniaColada)
  .use(Quasar, { plugins: { Dark }, directives: { ClosePopup } })
  .use(makeRouter(pinia))
  .mount('#app')
