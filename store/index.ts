/** The log: an interface, and LevelDB behind it. */

export { type Issue, isOutcryError, OutcryError } from '../errors/outcry-error.ts'
export { decodeEntries, encodeEntries, writeBackup } from './backup.ts'
export { cutBack, type Diagnosis, type DoctorOptions, diagnose } from './doctor.ts'
export { type Memory, newMemory } from './leveldb/codec/memory.ts'
export { Scratch } from './leveldb/folder/scratch.ts'
export { storeExists } from './leveldb/folder/store-files.ts'
export { openLevelStore, openMemoryStore, type StoreOptions } from './open.ts'
export { Pace } from './pace.ts'
export type {
  ActorsOptions,
  ChainDamage,
  ChainReport,
  Checkpoint,
  Commit,
  HistoryOptions,
  Interruptible,
  LogRecord,
  Paced,
  ReadOptions,
  RecordCodec,
  SnapshotEntry,
  SnapshotsOptions,
  Store,
  StoreEntry,
  StoreHead,
} from './store.ts'
