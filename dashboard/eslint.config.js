import pluginVue from 'eslint-plugin-vue'
import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'

/** A component shows; it never fetches. Only composables in features/ may call api/. */
const noFetch = {
  patterns: [{ regex: '(^|/)api(/|$)', allowTypeImports: true, message: 'only src/features/ calls the API' }],
}

export default defineConfigWithVueTs(
  { ignores: ['dist', 'src/api/generated/**'] },
  pluginVue.configs['flat/essential'],
  vueTsConfigs.strict,
  {
    rules: {
      'vue/no-static-inline-styles': 'error',
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'no-console': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    files: ['src/components/**', 'src/pages/**', 'src/shell/**', 'src/charts/**'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', noFetch], 'no-restricted-globals': ['error', 'fetch'] },
  },
)
