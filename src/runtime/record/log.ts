/** The log: the store of transition records. */
import type { Memory, Store, StoreOptions } from '../../../store/index.ts'
import * as stores from '../../../store/index.ts'
import type { TransitionRecord } from './record.ts'
import { recordCodec } from './record-codec.ts'

export type LogOptions = Omit<StoreOptions, 'codec'>

/**
 * Opens the log in a folder, and creates it if it does not exist. Only one process at a time can have it open.
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_LOST_TAIL, STORE_FORMAT, STORE_OPEN_FAILED
 */
export function openLevelStore(location: string, options: LogOptions = {}): Promise<Store<TransitionRecord>> {
  return stores.openLevelStore(location, { ...options, codec: recordCodec })
}

/**
 * Opens the log in a folder for reading, as of this moment. It may be opened by others meanwhile: see readLevelStore of
 * the store.
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_LOST_TAIL, STORE_FORMAT, STORE_OPEN_FAILED
 */
export function readLevelStore(location: string, options: LogOptions = {}): Promise<Store<TransitionRecord>> {
  return stores.readLevelStore(location, { ...options, codec: recordCodec })
}

/**
 * Opens a log in memory, for tests and for runs that are not kept. A `memory` that is passed again is the log reopened.
 */
export function openMemoryStore(memory?: Memory, options: LogOptions = {}): Promise<Store<TransitionRecord>> {
  return stores.openMemoryStore(memory, { ...options, codec: recordCodec })
}
