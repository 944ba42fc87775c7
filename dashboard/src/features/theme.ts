/** The theme: what the system prefers, until a person chooses; the choice is remembered. */
import { useLocalStorage, usePreferredDark } from '@vueuse/core'
import { defineStore } from 'pinia'
import { Dark } from 'quasar'
import { computed, watch } from 'vue'

export const useTheme = defineStore('theme', () => {
  const chosen = useLocalStorage<'system' | 'light' | 'dark'>('medisync-theme', 'system')
  const prefersDark = usePreferredDark()
  const isDark = computed(() => (chosen.value === 'system' ? prefersDark.value : chosen.value === 'dark'))
  watch(isDark, (dark) => { Dark.set(dark) }, { immediate: true })

  function toggle(): void {
    chosen.value = isDark.value ? 'light' : 'dark'
  }

  return { isDark, toggle }
})
