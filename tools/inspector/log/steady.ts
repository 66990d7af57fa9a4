/** Signals of objects, such as parts of a question, that are asked for only when they say something else. */
import { computed, type ReadonlySignal } from '@preact/signals'

/** Returns a signal that keeps its value while a new one would say the same. The values are JSON. */
export function steady<T>(of: () => T): ReadonlySignal<T> {
  let last: { readonly value: T; readonly text: string | undefined } | undefined
  return computed(() => {
    const value = of()
    const text = JSON.stringify(value)
    if (last === undefined || last.text !== text) last = { value, text }
    return last.value
  })
}
