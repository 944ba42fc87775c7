/** A box that is wider than the screen begins at its newest column, which stands at the right. */
import { onMounted, useTemplateRef } from 'vue'

export function useNewestInView(name: string): void {
  const box = useTemplateRef<HTMLElement>(name)
  onMounted(() => { if (box.value) box.value.scrollLeft = box.value.scrollWidth })
}
