/** Documents of one chart: the list, filing, taking out, marking as entered in error. */
import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { computed, type Ref } from 'vue'
import * as api from '../api'
import { panelState } from './panel'
import { problemWords } from './problem-words'
import { downloadFile } from './table'

export type { DocumentKind, DocumentView as ChartDocument } from '../api'

export function useChartDocuments(id: Ref<string>) {
  const cache = useQueryCache()
  const key = () => ['chart', id.value, 'documents']
  const query = useQuery({ key, query: () => api.chartDocuments(id.value), enabled: () => id.value !== '' })
  const items = computed(() => query.data.value?.items)
  const onSettled = () => cache.invalidateQueries({ key: key() })
  const file = useMutation({
    mutation: ({ chosen, kind, title }: { chosen: File; kind: api.DocumentKind; title: string }) => api.fileChartDocument(id.value, chosen, kind, title),
    onSettled,
  })
  const take = useMutation({
    mutation: async (one: api.DocumentView) => {
      downloadFile(await api.chartDocumentFile(one), `document-${one.document_id.slice(0, 8)}.${one.media_type.split('/')[1] ?? 'bin'}`)
    },
  })
  const mark = useMutation({ mutation: ({ one, reason }: { one: api.DocumentView; reason: string }) => api.markChartDocument(one, reason), onSettled })
  const words = (fault: unknown) => (fault ? problemWords(fault) : '')
  return {
    items, state: computed(() => panelState({ data: items.value, error: query.error.value })), retry: () => query.refetch(),
    file: file.mutateAsync, isFiling: computed(() => file.isLoading.value), problem: computed(() => words(file.error.value ?? take.error.value)),
    take: take.mutateAsync, mark: mark.mutateAsync, isMarking: computed(() => mark.isLoading.value), markProblem: computed(() => words(mark.error.value)),
    forgetMark: mark.reset,
  }
}
