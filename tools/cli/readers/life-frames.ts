/** A part of an actor's life in a closed log, as frames for Stately's tools. */
import { legacy } from '../../../src/api/inspect/legacy-frames.ts'
import { type PastLog, pastTexts } from '../../../src/api/inspect/past.ts'
import { stately } from '../../../src/api/inspect/stately-frames.ts'
import type { Registry } from '../../../src/runtime/actors/registry.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import { lifeOf } from '../../../src/runtime/state/life.ts'
import type { Store } from '../../../store/index.ts'
import type { PastFrames } from './reader.ts'

type Log = Store<TransitionRecord>

/** Yields the frames of a part of a life, read from the log as they are taken. */
export function framesOfLife(
  store: Log,
  registry: Registry,
  { isLegacy, address, fromRev, toRev, speed }: PastFrames,
  signal: AbortSignal,
): AsyncIterable<string> {
  const asked = { actor: [address], from: { rev: fromRev }, to: { rev: toRev }, speed }
  return pastTexts(pastLog(store, registry), isLegacy ? legacy : stately, asked, signal)
}

function pastLog(store: Log, registry: Registry): PastLog {
  return {
    registry,
    life: (of, range) => lifeOf(store, registry, of, range),
    history: (of, range) => store.history(of, range),
    read: (range) => store.read(range),
    seqAt: (at) => store.seqAt(at),
  }
}
