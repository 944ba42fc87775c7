/** Documents of one chart: the list, filing, taking out, marking as entered in error. */
import { computed, type Ref } from 'vue'
import * as api from '../api'
import { useChange } from './change'
import { usePanel } from './panel'
import { downloadFile } from './table'

export type { DocumentKind, DocumentView as ChartDocument } from '../api'

export function useChartDocuments(id: Ref<string>) {
  const key = () => ['chart', id.value, 'documents']
  const renews = () => [key()]
  const { data, state } = usePanel({ key, query: () => api.chartDocuments(id.value), enabled: () => id.value !== '' })
  return {
    items: computed(() => data.value?.items),
    state,
    filing: useChange(
      ({ chosen, kind, title }: { chosen: File; kind: api.DocumentKind; title: string }) => api.fileChartDocument(id.value, chosen, kind, title), renews),
    take: useChange(async (one: api.DocumentView) => {
      downloadFile(await api.chartDocumentFile(one), `document-${one.document_id.slice(0, 8)}.${one.media_type.split('/')[1] ?? 'bin'}`)
    }),
    marking: useChange(({ one, reason }: { one: api.DocumentView; reason: string }) => api.markChartDocument(one, reason), renews),
  }
}
