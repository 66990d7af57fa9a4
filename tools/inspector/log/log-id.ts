/**
 * The log that the page shows. Everything that comes says of which log it is: answers, the activity of actors, and the feed.
 * A runner may be replaced by one with another log. All that was of the last log goes away with the first word of the
 * next one, so the screen never shows two.
 */
import { batch, type Signal, signal } from '@preact/signals'

/** The header of each answer with the id of its log. */
const LOG_ID = 'outcry-log'

let log: string | undefined

/**
 * True from the first word of another log until its actors are known. No question is asked meanwhile, and no answer is
 * here.
 */
export const isTurning = signal(false)

const forgets: (() => void)[] = []

/** Calls a function when another log has come: it forgets what was of the last one. */
export function onOtherLog(forget: () => void): void {
  forgets.push(forget)
}

/** Returns a signal that has its first value again when another log has come. */
export function signalOfLog<T>(first: T): Signal<T> {
  const is = signal(first)
  onOtherLog(() => {
    is.value = first
  })
  return is
}

/** Takes note of the log that something has come from. */
export function comesFrom(id: string): void {
  if (id === log) return
  const isFirst = log === undefined
  log = id
  if (isFirst) return
  batch(() => {
    isTurning.value = true
    for (const forget of forgets) forget()
  })
}

/** Requests as the browser does, and takes note of the log of the answer. */
export const fetchOfLog: typeof fetch = async (...asked) => {
  const before = log
  const answer = await fetch(...asked)
  const id = answer.headers.get(LOG_ID)
  // An answer that was under way when another log came may be of the last one.
  if (id !== null && before === log) comesFrom(id)
  return answer
}
