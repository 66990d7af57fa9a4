/** Answers of the server as signals. An answer stays until the next one is there. */
import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import { isOutcryError } from '../../../src/client/index.ts'
import { returns } from './connection.ts'

/** ms after which a reader is told that something is being read. */
const SLOW_MS = 200

/** Questions for which the server searches its log that may be under way at once. A browser has six connections. */
const SEARCHES_MAX = 2

/** Why something could not be read. */
export interface Fault {
  readonly code: string
  readonly message: string
  readonly hint: string
}

export interface Loaded<T> {
  readonly value: ReadonlySignal<T | undefined>
  readonly fault: ReadonlySignal<Fault | undefined>
  /** True once reading takes long. */
  readonly isSlow: ReadonlySignal<boolean>
  /** True while the value is of another place than what is asked for, and that takes long or has failed. */
  readonly isOld: ReadonlySignal<boolean>
  /** Grows with each answer and each fault. */
  readonly answers: ReadonlySignal<number>
  /** Reads again, as after a fault. */
  again(): void
}

/** A question to the server: what is asked about, and how. */
export interface Question<T> {
  /** Another subject ends a question that is under way. The same one waits for its answer, and is then asked anew. */
  readonly subject: string
  /** The place of the answer, where that is more than the subject: a moment of an actor. */
  readonly place?: string
  /**
   * The subject matter of the answer. Where it cannot be read, an answer about something else goes away, and one about the same
   * stays, though it is old. By default each answer stays.
   */
  readonly about?: string
  read(signal: AbortSignal): Promise<T>
  /**
   * The answer that the question is about. After a return it waits for that one: another log may have nothing of what the
   * last one was about.
   */
  readonly follows?: Pick<Loaded<unknown>, 'answers'>
  /** True when the server searches its log for the answer, which gives way to trading and may take long. */
  readonly isSearch?: true
}

/**
 * Asks a question again each time the signals that `ask` reads change. At most one question is under way; of those that
 * come meanwhile, the last one is asked. So news that come faster than answers do not keep the answers from coming.
 * When a lost connection has come back, each question that is under way ends, and all are asked anew.
 *
 * @param leastMs least ms between two questions about the same subject
 */
export function loaded<T>(ask: () => Question<T> | undefined, leastMs = 0): Loaded<T> {
  const value = signal<T | undefined>(undefined)
  const fault = signal<Fault | undefined>(undefined)
  const isSlow = signal(false)
  const round = signal(0)
  const answers = signal(0)
  /** The places of the value and of what is asked for, and what they are about. */
  const got = signal<Of | undefined>(undefined)
  const wanted = signal<Of | undefined>(undefined)
  let subject: string | undefined
  let asked = returns.peek()
  let next: Question<T> | undefined
  /** The number of answers that the one which it follows had at the return. */
  let awaited: number | undefined
  let asking: AbortController | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined

  const start = () => {
    const question = next
    if (question === undefined || asking !== undefined || timer !== undefined) return
    const waitMs = askedAt + leastMs - performance.now()
    if (waitMs > 0) {
      timer = setTimeout(() => {
        timer = undefined
        start()
      }, waitMs)
      return
    }
    next = undefined
    askedAt = performance.now()
    const own = new AbortController()
    asking = own
    const slow = setTimeout(() => {
      isSlow.value = true
    }, SLOW_MS)
    const answer = question.isSearch ? searching(question, own.signal) : question.read(own.signal)
    answer
      .then(
        (answer) => {
          if (asking !== own) return
          batch(() => {
            value.value = answer
            fault.value = undefined
            got.value = ofQuestion(question)
            answers.value = answers.peek() + 1
          })
        },
        (error) => {
          if (asking !== own) return
          batch(() => {
            fault.value = faultOf(error)
            if (got.peek()?.about !== question.about) value.value = undefined
            answers.value = answers.peek() + 1
          })
        },
      )
      .finally(() => {
        clearTimeout(slow)
        if (asking !== own) return
        // The one that has waited for this answer is late already.
        if (next === undefined) isSlow.value = false
        asking = undefined
        start()
      })
  }
  const stop = () => {
    asking?.abort()
    asking = undefined
    isSlow.value = false
    clearTimeout(timer)
    timer = undefined
    askedAt = Number.NEGATIVE_INFINITY
  }

  effect(() => {
    round.value
    const question = ask()
    const isReturn = asked !== returns.value
    asked = returns.value
    if (question === undefined || question.subject !== subject || isReturn) stop()
    subject = question?.subject
    if (isReturn) awaited = question?.follows?.answers.peek()
    if (awaited !== undefined && question?.follows?.answers.value !== awaited) awaited = undefined
    next = awaited === undefined ? question : undefined
    wanted.value = question && ofQuestion(question)
    if (question === undefined) {
      value.value = undefined
      fault.value = undefined
    }
    start()
  })
  const isOld = computed(() => {
    const isOther = value.value !== undefined && got.value?.place !== wanted.value?.place
    return isOther && (isSlow.value || fault.value !== undefined)
  })
  return { value, fault, isSlow, isOld, answers, again: () => round.value++ }
}

type Of = Required<Pick<Question<unknown>, 'place'>> & Pick<Question<unknown>, 'about'>

const ofQuestion = ({ subject, place = subject, about }: Question<unknown>): Of => ({
  place,
  ...(about !== undefined && { about }),
})

let searches = 0
const waiting: (() => void)[] = []

/** Asks a question once few others are under way, so that they leave connections to those with quick answers. */
async function searching<T>(question: Question<T>, signal: AbortSignal): Promise<T> {
  while (searches >= SEARCHES_MAX) await new Promise<void>((resolve) => waiting.push(resolve))
  searches++
  try {
    signal.throwIfAborted()
    return await question.read(signal)
  } finally {
    searches--
    waiting.shift()?.()
  }
}

export function faultOf(error: unknown): Fault {
  if (isOutcryError(error)) return { code: error.code, message: error.message, hint: error.hint }
  return { code: '', message: error instanceof Error ? error.message : String(error), hint: '' }
}
