/**
 * The thread that watches the main thread. When the main thread makes no progress, it first reports the place, on
 * stderr and in the note, and then ends the process.
 */

import { writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import type { ErrorCode } from '../../../../errors/codes.ts'
import { compact } from '../../../../errors/compact.ts'
import { hear, workIn } from './at-work.ts'
import { fillsMemory, fillsText, nextGrowth, noGrowth } from './growth.ts'
import { mainSleeps } from './main-sleeps.ts'
import { RISK_FILE, removeRisk, writeNote } from './note.ts'
import { isOver, LOOK_EVERY_MS, nextPatience, PATIENT } from './patience.ts'
import { isHung, NO_STALL, nextStall, signalled } from './stall.ts'
import { hungText } from './text.ts'

export interface ThreadData {
  readonly memory: SharedArrayBuffer
  readonly limitMs: number
  /** The folder of the note. */
  readonly folder: string
  /** The exit code of the process. */
  readonly exitCode: number
  /** Bytes in memory when the thread was made. Its own first look may come late. */
  readonly inMemory: number
}

/** The place in the main thread's code, as that thread reports it. See HangWatch. */
export interface Place {
  readonly stack: string
  /** The line of a user's module that the thread is in. */
  readonly place?: string
  /** The actor whose code runs, and its event. */
  readonly actor?: string
  readonly event?: string
}

/** Maximum time for the main thread to end on a signal. After it the signal counts as not received. */
const SIGNALLED_MS = 5_000
const SIGNALS = [2, 15]
/** Interval of looks at the memory. V8 gives up a second or more after its heap is full. */
const MEMORY_EVERY_MS = 200
/** Number of innermost stack frames printed. The note has all. */
const FRAMES_TOLD = 8

const { memory, limitMs, folder, exitCode, inMemory } = workerData as ThreadData
const everyMs = Math.min(1_000, Math.ceil(limitMs / 4))
let stall = NO_STALL
let lookedAt = performance.now()
let isEnding = false

const looks = setInterval(() => void look(), everyMs)
let growth = noGrowth(inMemory)
/** The progress at which a risk was noted. */
let notedAt: string | undefined
const memoryLooks = setInterval(lookAtMemory, MEMORY_EVERY_MS)
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

/**
 * Notes an actor that fills the memory, while some is left. Removes the note if the main thread makes progress after
 * all.
 */
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
  const answer = await main.ask<Place>('place()')
  const place = answer?.value
  // The thread was slow, not hung, and its answer is about another moment.
  if (workIn(memory).progress !== work.progress) {
    main.leave()
    return
  }
  clearInterval(looks)
  clearInterval(memoryLooks)
  const { actor, event, module } = { ...place, ...work }
  const named = compact({ actor, event, module })
  const text = hungText({ ...named, ...compact({ place: place?.place }), stalledMs, isSignalled })
  const isNoted = writeNote(folder, { at: Date.now(), text, ...named, ...compact({ stack: place?.stack }) })
  const next = isNoted && actor !== undefined ? ` The next start puts ${actor} into quarantine.` : ''
  const stack = place === undefined ? '' : `${place.stack.split('\n').slice(0, FRAMES_TOLD).join('\n')}\n`
  writeSync(2, `\nRUN_HUNG: ${text}.${next}\n${stack}`)
  // Without an answer, the main thread is in code that nothing can interrupt.
  if (answer !== undefined) await main.ask(`end(${exitCode})`)
  process.kill(process.pid, 'SIGKILL')
}

/** Calls the main thread through the inspector, which interrupts a loop. */
class MainThread {
  readonly #session = new Session()
  #isConnected = false

  constructor() {
    try {
      this.#session.connectToMainThread()
      this.#isConnected = true
    } catch {
      // This Node has no inspector, so the shared memory must be enough.
    }
  }

  /** Resolves with what the call returns, or with undefined when nothing can interrupt the main thread. */
  ask<T>(call: string): Promise<{ readonly value?: T } | undefined> {
    if (!this.#isConnected) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      let patience = PATIENT
      const waits = setInterval(() => {
        const { isEnding } = workIn(memory)
        // This thread opens no file while the main one puts another in the place of stderr.
        patience = nextPatience(patience, { sleeps: isEnding ? undefined : mainSleeps(), isEnding })
        if (!isOver(patience)) return
        clearInterval(waits)
        resolve(undefined)
      }, LOOK_EVERY_MS)
      const expression = `globalThis[Symbol.for('outcry.hang')].${call}`
      this.#session.post('Runtime.evaluate', { expression, returnByValue: true }, (_, answer) => {
        clearInterval(waits)
        resolve(answer?.result ?? {})
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
 * Receives signals in this thread, too. Node delivers them to the main thread alone, which does not receive them while
 * it hangs. This uses the internals of Node's own handlers. If a version lacks them, only the limit ends a hang.
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
    // This version of Node lacks the internals.
  }
}
