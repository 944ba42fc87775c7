/**
 * The start: the language first, then everything that has words in it.
 * Belongs here: the order of loading. Does not belong here: any import that leads to text/, but for the choice itself.
 */
import '@fontsource-variable/inter/wght.css'
import 'quasar/dist/quasar.css'
import './theme.css'
import { enterLanguage, rememberedLanguage } from './text/language'

async function start(): Promise<void> {
  await enterLanguage(rememberedLanguage())
  const { open } = await import('./open')
  await open()
}

void start()
