/** Answers of the server as signals. An answer stays until the next one is there. */
import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import { isOutcryError } from '../../../src/client/index.ts'
import { connection, lost, returns } from './connection.ts'
import { isTurning } from './log-id.ts'
import { searching } from './searching.ts'

/** ms after which a reader is told that something is being read. */
const SLOW_MS = 200

/** ms after which a question is asked again whose request alone has failed, and that are added each time, up to a maximum. */
const RETRY_MS = 1_000
const RETRY_MS_MAX = 10_000

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

/**
 * A place in the log: the seq of a moment; its end, also for what has no past; the whole of it, also for what is the same
 * at each moment; or a stretch of time, in epoch ms.
 */
export type Place = number | 'now' | 'whole' | `${number}…${number}`

/** A question to the server: what is asked about, and how. */
export interface Question<T> {
  /** Another subject ends a question that is under way. The same one waits for its answer, and is then asked anew. */
  readonly subject: string
  /**
   * The place in the log that the answer is of, so that an answer of another place can be told from it. An answer of
   * another log is never here: it goes away when that log comes.
   */
  readonly place: Place
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
  /** The subject of the value, and of the question. */
  const got = signal<Question<T> | undefined>(undefined)
  const wanted = signal<Question<T> | undefined>(undefined)
  let subject: string | undefined
  let asked = returns.peek()
  let next: Question<T> | undefined
  /** The number of answers that the one which it follows had at the return. */
  let awaited: number | undefined
  let asking: AbortController | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The number of times in a row that no answer came although the connection held. */
  let missed = 0
  let retry: ReturnType<typeof setTimeout> | undefined

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
    endRetry()
    askedAt = performance.now()
    const own = new AbortController()
    asking = own
    const slow = setTimeout(() => {
      isSlow.value = true
    }, SLOW_MS)
    const answer = question.isSearch
      ? searching(() => question.read(own.signal), own.signal)
      : question.read(own.signal)
    answer
      .then(
        (answer) => {
          if (asking !== own) return
          missed = 0
          batch(() => {
            value.value = answer
            fault.value = undefined
            got.value = question
            answers.value = answers.peek() + 1
          })
        },
        (error) => {
          if (asking === own) fail(question, faultOf(error))
        },
      )
      .finally(() => {
        clearTimeout(slow)
        if (asking !== own) return
        // The one that has waited for this answer is late already.
        if (next === undefined && retry === undefined) isSlow.value = false
        asking = undefined
        start()
      })
  }
  const show = (why: Fault, question: Question<T>) => {
    batch(() => {
      fault.value = why
      if (got.peek()?.about !== question.about) value.value = undefined
      answers.value = answers.peek() + 1
    })
  }
  const fail = (question: Question<T>, why: Fault) => {
    const isAlone = isUnreachable(why) && lost.peek() === undefined
    missed = isAlone ? missed + 1 : 0
    // While the connection holds, one request that fails says nothing of the runner, or is the first sign of its end.
    if (missed !== 1) show(why, question)
    if (!isAlone) return
    retry = setTimeout(
      () => {
        retry = undefined
        isSlow.value = false
        if (lost.peek() !== undefined) return show(why, question)
        next ??= question
        start()
      },
      Math.min(RETRY_MS * missed, RETRY_MS_MAX),
    )
    isSlow.value = missed === 1
  }
  const endRetry = () => {
    clearTimeout(retry)
    retry = undefined
  }
  const stop = () => {
    endRetry()
    missed = 0
    asking?.abort()
    asking = undefined
    isSlow.value = false
    clearTimeout(timer)
    timer = undefined
    askedAt = Number.NEGATIVE_INFINITY
  }

  effect(() => {
    round.value
    const wasSlow = isSlow.peek()
    const question = isTurning.value ? undefined : ask()
    const isReturn = asked !== returns.value
    asked = returns.value
    if (question === undefined || question.subject !== subject || isReturn) stop()
    subject = question?.subject
    if (isReturn) awaited = question?.follows?.answers.peek()
    if (awaited !== undefined && question?.follows?.answers.value !== awaited) awaited = undefined
    next = awaited === undefined ? question : undefined
    wanted.value = question
    if (question === undefined) {
      value.value = undefined
      fault.value = undefined
    }
    start()
    // What was late before a return still is.
    if (isReturn && wasSlow && asking !== undefined) isSlow.value = true
  })
  // The runner answers again. The question is asked anew when its turn comes, which many pages may put off.
  effect(() => {
    connection.value
    const why = fault.peek()
    if (why === undefined || !isUnreachable(why)) return
    fault.value = undefined
    isSlow.value = true
  })
  const isOld = computed(() => {
    const [has, asks] = [got.value, wanted.value]
    const isOther = value.value !== undefined && (has?.place !== asks?.place || has?.about !== asks?.about)
    return isOther && (isSlow.value || fault.value !== undefined)
  })
  return { value, fault, isSlow, isOld, answers, again: () => round.value++ }
}

export const isUnreachable = ({ code }: Fault): boolean => code === 'RUNNER_UNREACHABLE'

export function faultOf(error: unknown): Fault {
  if (isOutcryError(error)) return { code: error.code, message: error.message, hint: error.hint }
  return { code: '', message: error instanceof Error ? error.message : String(error), hint: '' }
}
