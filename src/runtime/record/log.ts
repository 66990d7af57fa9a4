/** The store of transition records: the log that the rest of the runtime speaks of. */
import type { Memory, Store, StoreOptions } from '../../../store/index.ts'
import * as stores from '../../../store/index.ts'
import type { TransitionRecord } from './record.ts'
import { recordCodec } from './record-codec.ts'

export type LogOptions = Omit<StoreOptions, 'codec'>

/**
 * Opens the log in a folder, making it if need be. One process at a time can have it.
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_LOST_TAIL, STORE_FORMAT, STORE_OPEN_FAILED
 */
export function openLevelStore(location: string, options: LogOptions = {}): Promise<Store<TransitionRecord>> {
  return stores.openLevelStore(location, { ...options, codec: recordCodec })
}

/** In memory: for tests, and for runs that nobody wants to keep. `memory` shared is a log reopened. */
export function openMemoryStore(memory?: Memory, options: LogOptions = {}): Promise<Store<TransitionRecord>> {
  return stores.openMemoryStore(memory, { ...options, codec: recordCodec })
}
