/** Which receipt is open: one dialog for the whole page, opened from any number. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export const useReceiptDialog = defineStore('receipt-dialog', () => {
  const openId = ref('')
  return {
    openId,
    open: (id: string) => { openId.value = id },
    close: () => { openId.value = '' },
  }
})
