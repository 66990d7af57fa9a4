/** The log's interface, and its implementation on LevelDB. */

export { ERRORS, type ErrorCode, type ErrorFacts } from '../errors/codes.ts'
export { type Issue, isOutcryError, OutcryError } from '../errors/outcry-error.ts'
export { Distribution } from './distribution.ts'
export { decodeEntries, encodeEntries, writeBackup } from './leveldb/backup.ts'
export { logCut } from './leveldb/codec/damage.ts'
export { type Memory, newMemory } from './leveldb/codec/memory.ts'
export { cutBack, type Diagnosis, type DoctorOptions, diagnose } from './leveldb/doctor.ts'
export { Scratch } from './leveldb/folder/scratch.ts'
export { storeExists } from './leveldb/folder/store-files.ts'
export { openLevelStore, openMemoryStore, readLevelStore, type StoreOptions } from './leveldb/open.ts'
export { Pace } from './leveldb/pace.ts'
export type {
  ActorsOptions,
  ChainDamage,
  ChainReport,
  Checkpoint,
  Commit,
  CutCommit,
  HistoryOptions,
  Interruptible,
  LogCut,
  LogRecord,
  Paced,
  PositionEntry,
  Quiet,
  ReadOptions,
  RecordCodec,
  SeqAtOptions,
  SnapshotEntry,
  SnapshotsOptions,
  Store,
  StoreEntry,
  StoreFigures,
  StoreHead,
} from './store.ts'
