/**
 * Writes the work of the main thread into memory that another thread can read while the main thread hangs. For most
 * actors it only counts steps and keeps two references, which the main thread reports when it can be interrupted in a
 * loop. It writes names only for actors of users' modules: these may wait in a system call, where the main thread
 * cannot answer.
 */
import type { WorkObserver } from '../../../runtime/work.ts'

/** Indexes of the 32-bit words. */
const BEATS = 0
const STEPS = 1
const DOING = 2
const SUBJECT_LENGTH = 3
const EVENT_LENGTH = 4
const DEBUGGED = 5
const SIGNAL = 6
const ENDING = 7
const WORDS = 8

/** Values of DOING. */
const NOTHING = 0
/** An actor whose name is in this memory. */
const NAMED_ACTOR = 1
const MODULE = 2
/** An actor whose name only the main thread has. */
const ACTOR = 3

/** Maximum length of an address or a module's path, and of an event's type, in UTF-16 units. Longer ones are cut. */
const SUBJECT_MAX = 1_024
const EVENT_MAX = 256
const BYTES = WORDS * Int32Array.BYTES_PER_ELEMENT + (SUBJECT_MAX + EVENT_MAX) * Uint16Array.BYTES_PER_ELEMENT

/** The main thread's side. */
export class AtWork implements WorkObserver {
  readonly memory = new SharedArrayBuffer(BYTES)
  readonly #words = new Int32Array(this.memory, 0, WORDS)
  readonly #text = new Uint16Array(this.memory, WORDS * Int32Array.BYTES_PER_ELEMENT)
  /** The texts that are written now. */
  #subject = ''
  #event = ''
  #actor = ''
  #on = ''
  #prefixes: readonly string[] = []

  /** Sets the kinds of actors whose names are written. */
  set named(kinds: readonly string[]) {
    this.#prefixes = kinds.map((kind) => `${kind}/`)
  }

  /** Returns the actor whose code runs, and the type of its event. */
  get current(): { readonly actor: string; readonly event: string } | undefined {
    const doing = this.#words[DOING]
    return doing === ACTOR || doing === NAMED_ACTOR ? { actor: this.#actor, event: this.#on } : undefined
  }

  begin(actor: string, event: string): void {
    const words = this.#words
    this.#actor = actor
    this.#on = event
    let doing = ACTOR
    for (const prefix of this.#prefixes) {
      if (!actor.startsWith(prefix)) continue
      this.#show(actor, event)
      doing = NAMED_ACTOR
    }
    words[DOING] = doing
    words[STEPS] = (words[STEPS] as number) + 1
  }

  /** Notes that a user's module is being loaded. */
  load(file: string): void {
    this.#show(file, '')
    this.#words[DOING] = MODULE
    Atomics.add(this.#words, STEPS, 1)
  }

  end(): void {
    this.#words[DOING] = NOTHING
  }

  /** Notes that the event loop turns. A debugger may stop it for any length of time. */
  beat(isDebugged: boolean): void {
    this.#words[DEBUGGED] = isDebugged ? 1 : 0
    Atomics.add(this.#words, BEATS, 1)
  }

  /** Notes that the thread ends the process now. */
  ending(): void {
    Atomics.store(this.#words, ENDING, 1)
  }

  /** Returns the number of the last signal that the other thread has received, or 0. */
  get signal(): number {
    return Atomics.load(this.#words, SIGNAL)
  }

  #show(subject: string, event: string): void {
    if (subject !== this.#subject) {
      this.#words[SUBJECT_LENGTH] = this.#write(subject, 0, SUBJECT_MAX)
      this.#subject = subject
    }
    if (event !== this.#event) {
      this.#words[EVENT_LENGTH] = this.#write(event, SUBJECT_MAX, EVENT_MAX)
      this.#event = event
    }
  }

  #write(text: string, from: number, max: number): number {
    const length = Math.min(text.length, max)
    for (let i = 0; i < length; i++) this.#text[from + i] = text.charCodeAt(i)
    return length
  }
}

/** Notes, from the other thread, that it has received a signal. */
export function hear(memory: SharedArrayBuffer, signal: number): void {
  Atomics.store(new Int32Array(memory, 0, WORDS), SIGNAL, signal)
}

export interface Work {
  /** Changes whenever the thread makes progress. */
  readonly progress: string
  /** Grows while the thread's event loop turns. Only then does the thread receive signals. */
  readonly beats: number
  readonly isDebugged: boolean
  /** True from when the thread has begun to end the process. */
  readonly isEnding: boolean
  /** Address of the actor whose code runs, and the type of its event, if they are written. */
  readonly actor?: string
  readonly event?: string
  /** Path of the module that is being loaded. */
  readonly module?: string
}

/** Reads the work from the other thread. The result is reliable only for a thread that makes no progress. */
export function workIn(memory: SharedArrayBuffer): Work {
  const words = new Int32Array(memory, 0, WORDS)
  const text = new Uint16Array(memory, WORDS * Int32Array.BYTES_PER_ELEMENT)
  const at = (place: number) => Atomics.load(words, place)
  const read = (from: number, length: number) => String.fromCharCode(...text.subarray(from, from + length))
  const beats = at(BEATS)
  const progress = `${beats}/${at(STEPS)}`
  const common = { progress, beats, isDebugged: at(DEBUGGED) === 1, isEnding: at(ENDING) === 1 }
  const doing = at(DOING)
  if (doing === NOTHING || doing === ACTOR) return common
  const subject = read(0, at(SUBJECT_LENGTH))
  return doing === MODULE
    ? { ...common, module: subject }
    : { ...common, actor: subject, event: read(SUBJECT_MAX, at(EVENT_LENGTH)) }
}
