import { defineConfig } from '@hey-api/openapi-ts'

export default defineConfig({
  input: 'openapi.json',
  output: { path: process.env.MEDISYNC_CLIENT_OUT ?? 'src/api/generated', clean: true },
  plugins: ['@hey-api/typescript', { name: '@hey-api/sdk' }, { name: '@hey-api/client-fetch', baseUrl: false }],
  logs: { level: 'error' },
})
