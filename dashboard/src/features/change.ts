/**
 * One thing that a person changes: the call, what is read again after it, and what went wrong in words.
 * Belongs here: the course of a change. Does not belong here: what is changed.
 */
import { useMutation, useQueryCache } from '@pinia/colada'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { problemWords } from './problem-words'

type Key = readonly string[]

/** `renews` are the keys of what is read again, however the call ended. */
export function useChange<Answer, Wish = void>(call: (wish: Wish) => Promise<Answer>, renews: MaybeRefOrGetter<readonly Key[]> = []) {
  const cache = useQueryCache()
  const { mutateAsync, data, error, isLoading, reset } = useMutation({
    mutation: call,
    onSettled: async () => {
      // What cannot be read again says so where it is shown; the change stands all the same.
      await Promise.all(toValue(renews).map((key) => cache.invalidateQueries({ key }))).catch(() => undefined)
    },
  })
  return {
    /** Do it; nothing where it failed: `problem` says why, and nothing is thrown. */
    run: (wish: Wish): Promise<Answer | undefined> => mutateAsync(wish).catch(() => undefined),
    answer: data,
    error,
    /** What went wrong last, in words; empty while the next attempt is under way. */
    problem: computed(() => (error.value && !isLoading.value ? problemWords(error.value) : '')),
    isBusy: isLoading,
    forget: reset,
  }
}
