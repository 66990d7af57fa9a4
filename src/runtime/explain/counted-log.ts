/** A log that counts the records that are read from it. */
import type { Store } from '../../../store/store.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import { asStored, upcasting } from '../state/upcasting-store.ts'

export interface CountedLog {
  /** The log, with today's names. */
  readonly log: Store<TransitionRecord>
  /** The number of records that were read so far. */
  readonly count: number
}

export function countedLog(of: Store<TransitionRecord>, registry: Registry): CountedLog {
  let count = 0
  async function* counted(records: AsyncIterable<TransitionRecord>): AsyncGenerator<TransitionRecord> {
    for await (const record of records) {
      count++
      yield record
    }
  }
  const stored = asStored(of)
  const counting = new Proxy(stored, {
    get(store, name) {
      if (name === 'read') return (options: object) => counted(store.read(options))
      if (name === 'history')
        return (actor: string, options: object) => counted(store.history(actor, options))
      const member: unknown = Reflect.get(store, name, store)
      return typeof member === 'function' ? member.bind(store) : member
    },
  })
  return {
    log: upcasting(counting, registry),
    get count() {
      return count
    },
  }
}
