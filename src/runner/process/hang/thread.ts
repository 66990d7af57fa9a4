/**
 * The thread beside the main one. It looks whether that one gets on, and ends the process when it does not: first it
 * says where it stands, on stderr and in the note.
 */

import { writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import type { ErrorCode } from '../../../../errors/codes.ts'
import { compact } from '../../../../errors/compact.ts'
import { hear, workIn } from './at-work.ts'
import { fillsMemory, fillsText, nextGrowth, noGrowth } from './growth.ts'
import { RISK_FILE, removeRisk, writeNote } from './note.ts'
import { isHung, NO_STALL, nextStall, signalled } from './stall.ts'
import { hungText } from './text.ts'

export interface ThreadData {
  readonly memory: SharedArrayBuffer
  readonly limitMs: number
  /** Where the note goes. */
  readonly folder: string
  /** The process ends with it. */
  readonly exitCode: number
  /** Bytes that the process had when the thread was made, which may look late for the first time. */
  readonly inMemory: number
}

/** Where the main thread stands, as it says itself: see HangWatch. */
export interface Place {
  readonly stack: string
  /** The line of a user's module that it is in. */
  readonly place?: string
  /** Whose code runs, on which event. */
  readonly actor?: string
  readonly event?: string
}

/** A main thread that does not end on a signal within this time does not hear it. */
const SIGNALLED_MS = 5_000
/** The main thread answers between two steps of its loop, if it can. */
const ANSWER_MS = 3_000
const SIGNALS = [2, 15]
/** How soon memory that one step fills is noticed: V8 gives up a second or more after its heap is full. */
const MEMORY_EVERY_MS = 200
/** Innermost frames of a stack that are told; the note has all. */
const FRAMES_TOLD = 8

const { memory, limitMs, folder, exitCode, inMemory } = workerData as ThreadData
const everyMs = Math.min(1_000, Math.ceil(limitMs / 4))
let stall = NO_STALL
let lookedAt = performance.now()
let isEnding = false

const looks = setInterval(() => void look(), everyMs)
let growth = noGrowth(inMemory)
/** Progress at which a risk was noted. */
let notedAt: string | undefined
setInterval(lookAtMemory, MEMORY_EVERY_MS)
parentPort?.on('message', ({ signals }: { signals: boolean }) => {
  for (const watch of watches.splice(0)) watch.close()
  if (signals) watchSignals()
  parentPort?.postMessage({ signals })
})

async function look(): Promise<void> {
  const now = performance.now()
  stall = nextStall(stall, workIn(memory), now - lookedAt, everyMs)
  lookedAt = now
  if (isEnding || !isHung(stall, { limitMs, signalledMs: SIGNALLED_MS })) return
  isEnding = true
  await end(stall.stalledMs, stall.signalledAt !== undefined)
  isEnding = false
}

/** Whoever fills the memory is noted while there is still some; when the main thread gets on after all, the note goes. */
function lookAtMemory(): void {
  const work = workIn(memory)
  growth = nextGrowth(growth, work.progress, process.memoryUsage.rss())
  if (notedAt !== undefined && notedAt !== work.progress) {
    removeRisk(folder)
    notedAt = undefined
  }
  const { actor, event = 'unknown' } = work
  if (notedAt !== undefined || actor === undefined || !fillsMemory(growth)) return
  notedAt = work.progress
  const note = {
    at: Date.now(),
    text: fillsText(growth, actor, event),
    actor,
    event,
    code: 'MEMORY_FILLED' satisfies ErrorCode,
  }
  writeNote(folder, note, RISK_FILE)
}

async function end(stalledMs: number, isSignalled: boolean): Promise<void> {
  const work = workIn(memory)
  const main = new MainThread()
  const place = await main.ask<Place>('place()')
  // It was slow, not hung: what it says now is of another moment.
  if (workIn(memory).progress !== work.progress) {
    main.leave()
    return
  }
  clearInterval(looks)
  const { actor, event, module } = { ...place, ...work }
  const named = compact({ actor, event, module })
  const text = hungText({ ...named, ...compact({ place: place?.place }), stalledMs, isSignalled })
  const isNoted = writeNote(folder, { at: Date.now(), text, ...named, ...compact({ stack: place?.stack }) })
  const next = isNoted && actor !== undefined ? ` The next start puts ${actor} into quarantine.` : ''
  const stack = place === undefined ? '' : `${place.stack.split('\n').slice(0, FRAMES_TOLD).join('\n')}\n`
  writeSync(2, `\nRUN_HUNG: ${text}.${next}\n${stack}`)
  await main.ask(`end(${exitCode})`)
  // Nothing can interrupt what it is in.
  process.kill(process.pid, 'SIGKILL')
}

/** Asks the main thread through the inspector, which interrupts a loop. */
class MainThread {
  readonly #session = new Session()
  #isConnected = false

  constructor() {
    try {
      this.#session.connectToMainThread()
      this.#isConnected = true
    } catch {
      // A Node without an inspector: what is written in the memory has to do.
    }
  }

  /** Returns undefined where it does not answer. */
  ask<T>(call: string): Promise<T | undefined> {
    if (!this.#isConnected) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(undefined), ANSWER_MS)
      const expression = `globalThis[Symbol.for('outcry.hang')].${call}`
      this.#session.post('Runtime.evaluate', { expression, returnByValue: true }, (_, answer) => {
        clearTimeout(late)
        resolve(answer?.result.value as T | undefined)
      })
    })
  }

  leave(): void {
    this.#session.disconnect()
  }
}

interface SignalWatch {
  onsignal: () => void
  start(signal: number): number
  unref(): void
  close(): void
}
const watches: SignalWatch[] = []

/**
 * Node delivers signals to the main thread alone, which does not hear them while it stands still. This thread hears
 * them, too, by what Node's own handlers are made of. Where that is not there, the limit alone ends a hang.
 */
function watchSignals(): void {
  try {
    process.noDeprecation = true
    const { binding } = process as unknown as { binding(name: string): { Signal: new () => SignalWatch } }
    const { Signal } = binding('signal_wrap')
    for (const signal of SIGNALS) {
      const watch = new Signal()
      watch.onsignal = () => {
        hear(memory, signal)
        stall = signalled(stall, workIn(memory))
      }
      watch.start(signal)
      watches.push(watch)
    }
  } catch {
    // A version of Node without it.
  }
}
