import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'
import { quasar, transformAssetUrls } from '@quasar/vite-plugin'
import { withoutUnusedQuasar } from './vite/unused-css'

/** Where `npm run dev` finds a running API. */
const api = process.env.MEDISYNC_API ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue({ template: { transformAssetUrls } }), quasar({ autoImportComponentCase: 'pascal' }), withoutUnusedQuasar()],
  build: {
    // The content security policy allows no inline script or style: nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'baseline-widely-available',
    outDir: process.env.MEDISYNC_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        // What most pages share comes in one file and the framework in another: some forty small ones cost a header and a
        // poorer compression each.
        codeSplitting: {
          groups: [
            { name: 'vue', test: /node_modules\/(@vue|vue|vue-router|pinia|@pinia|@vueuse|quasar\/src\/utils)\// },
            // By itself: the start waits for a language before it loads anything that reads words.
            { name: 'language', test: /dashboard\/src\/text\/language\.ts$/ },
            { name: 'shared', test: /dashboard\/src\/(?!text\/language\.ts)/, minShareCount: 12 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': api,
      '/readyz': api,
      '/ws': { target: api, ws: true },
    },
  },
  test: { environment: 'happy-dom', setupFiles: ['tests/setup.ts'], include: ['tests/**/*.test.ts'] },
})
