/** Moves of the moment: by records of the chosen actor, by time, and by itself while it plays. */
import { computed, signal } from '@preact/signals'
import { head } from '../log/actors.ts'
import { chosen, latestRev, record } from '../log/chosen.ts'
import { client } from '../log/client.ts'
import { run } from '../log/run.ts'
import { choice, go, moment } from './place.ts'

/** ms between two records while the moment plays. */
const PLAY_MS = 900

/** Times of places that were reached by their time. */
const reached = new Map<number, number>()

/** The time of the moment, in epoch ms; undefined until it is known. */
export const momentAt = computed(() => {
  const seq = moment.value
  if (seq === undefined) return head.value.at === 0 ? undefined : head.value.at
  if (record.value?.seq === seq) return record.value.at
  const state = run.value.value
  // Until it is known, the last record of the chosen actor is close.
  return state?.seq === seq ? state.at : (reached.get(seq) ?? record.value?.at)
})

/** Goes to the record of the chosen actor with a rev: the last one leads to the present. */
export async function goToRev(rev: number, by: 'click' | 'step'): Promise<void> {
  const address = choice.value
  if (address === '') return
  const to = Math.max(1, Math.min(rev, latestRev.value))
  const has = chosen.value.value?.life.address === address ? chosen.value.value.life.records : []
  const known = has.find((one) => one.rev === to)
  const found =
    known ??
    (await client.ask('history', { params: { address }, query: { fromRev: to, toRev: to } })).records[0]
  if (found === undefined || choice.value !== address) return
  aim.value = { address, rev: to, seq: found.seq }
  go({ moment: found.seq }, by)
}

/** The target of the last step. The next step may come before its record is here. */
const aim = signal<{ readonly address: string; readonly rev: number; readonly seq: number } | undefined>(
  undefined,
)

/** The rev of the record at the moment; undefined while it is not known. */
export const revNow = computed(() => {
  const to = aim.value
  return to !== undefined && to.address === choice.value && to.seq === moment.value
    ? to.rev
    : record.value?.rev
})

/** Goes some records on or back. After the last record comes the present. */
export function stepBy(count: number): void {
  const at = revNow.value
  if (at === undefined) {
    if (count > 0 && moment.value !== undefined) void goToRev(1, 'step')
    return
  }
  if (moment.value !== undefined && at + count > latestRev.value) go({ moment: undefined }, 'step')
  else if (moment.value !== undefined || count < 0) void goToRev(at + count, 'step')
}

/** Goes to a time: to the last record that is not after it. */
export async function goToTime(at: number, by: 'click' | 'step'): Promise<void> {
  const { seq } = await client.events({ tail: 1, to: at })
  const end = head.value.seq
  reached.set(seq, at)
  go({ moment: seq >= end ? undefined : Math.max(1, seq) }, by)
}

/** Goes some ms on or back. */
export function stepTime(ms: number): void {
  const at = momentAt.value
  if (at === undefined) return
  if (moment.value === undefined && ms > 0) return
  void goToTime(at + ms, 'step')
}

export const isPlaying = signal(false)
let playing: ReturnType<typeof setInterval> | undefined

/** Plays the records of the chosen actor from the moment on, or stops. */
export function play(on: boolean): void {
  clearInterval(playing)
  isPlaying.value = on
  if (!on) return
  if (moment.value === undefined) void goToRev(1, 'step')
  playing = setInterval(() => {
    stepBy(1)
    if (moment.value === undefined) play(false)
  }, PLAY_MS)
}
