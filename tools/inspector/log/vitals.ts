/** The figures of how the runner keeps up: always of now, for nobody wrote down how it was. */
import { effect, signal } from '@preact/signals'
import type { AnswerOf, Routes } from '../../../src/client/index.ts'
import { view } from '../state/place.ts'
import { client } from './client.ts'
import { lost } from './connection.ts'
import { loaded } from './loading.ts'
import { onOtherLog, signalOfLog } from './log-id.ts'

export type Vitals = AnswerOf<Routes['vitals']>

/** ms between two questions. Nothing else says that a market is silent or that a commit is slow. */
const BEAT_MS = 2_000
/** ms over which records are counted. */
const OVER_MS = 10_000

/** Grows while somebody looks and the server answers. */
export const beat = signal(0)

export function followVitals(): void {
  setInterval(() => {
    if (!document.hidden && lost.peek() === undefined) beat.value++
  }, BEAT_MS)
}

export const vitals = loaded<Vitals>(() => {
  if (view.value === 'overview') beat.value
  return { subject: 'vitals', place: 'now', read: (signal) => client.ask('vitals', { signal }) }
}, BEAT_MS / 2)

/** Ends of the log, with the browser's time. */
let ends: readonly { readonly seq: number; readonly at: number }[] = []
onOtherLog(() => {
  ends = []
})

/** Records a second, of late; undefined before the second answer. */
export const perSecond = signalOfLog<number | undefined>(undefined)

effect(() => {
  const seq = vitals.value.value?.seq
  if (seq === undefined) return
  const now = performance.now()
  ends = [...ends.filter(({ at }) => now - at <= OVER_MS), { seq, at: now }]
  const [from] = ends
  if (from !== undefined && now - from.at >= BEAT_MS / 2)
    perSecond.value = ((seq - from.seq) * 1_000) / (now - from.at)
})
