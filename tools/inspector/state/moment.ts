/** Moves of the moment: by records of the chosen actor, by time, and by itself while it plays. */
import { computed, effect, signal } from '@preact/signals'
import type { TransitionRecord } from '../../../src/client/index.ts'
import { head } from '../log/actors.ts'
import { chosen, latestRev, leastRev, record } from '../log/chosen.ts'
import { client } from '../log/client.ts'
import { returns } from '../log/connection.ts'
import { type Fault, faultOf } from '../log/loading.ts'
import { onOtherLog, signalOfLog } from '../log/log-id.ts'
import { beginning, run } from '../log/run.ts'
import { choice, go, moment } from './place.ts'
import { moveFrom, type Speed } from './play.ts'

/** Most pages of a life that are looked through for an event, in each direction. */
const EVENT_PAGES_MAX = 20

/** Times of places that were reached by their time. */
const reached = new Map<number, number>()
onOtherLog(() => {
  reached.clear()
  towards = undefined
})

/** The time of the moment, in epoch ms; undefined until it is known. */
export const momentAt = computed(() => {
  const seq = moment.value
  if (seq === undefined) return head.value.at === 0 ? undefined : head.value.at
  // Nothing was there yet. The time line begins with what came next.
  if (seq === 0) return beginning.value.value
  const known = knownRecords().find((one) => one.seq === seq)
  if (known !== undefined) return known.at
  const state = run.value.value
  if (state?.seq === seq) return state.at
  // Until it is known, the last record of the chosen actor is close, unless it is that of another moment for long.
  return reached.get(seq) ?? (chosen.isOld.value ? undefined : record.value?.at)
})

/** The target of a move whose answer is not here yet: the next one goes on from there. */
let towards: { readonly rev?: number; readonly at?: number } | undefined

/** Why the moment could not move; undefined once it is elsewhere, or the connection is back. */
export const moveFault = signal<Fault | undefined>(undefined)
effect(() => {
  moment.value
  choice.value
  returns.value
  moveFault.value = undefined
  towards = undefined
})

/** Goes to the record of the chosen actor with a rev: the last one leads to the present. */
export async function goToRev(rev: number, by: 'click' | 'step'): Promise<void> {
  const address = choice.value
  if (address === '') return
  const least = leastRev.value ?? 1
  if (least === Number.POSITIVE_INFINITY) return
  const to = Math.max(least, Math.min(rev, latestRev.value))
  const own = { rev: to }
  towards = own
  try {
    const found = knownRecords().find((one) => one.rev === to) ?? (await recordOf(address, to))
    if (towards !== own) return
    towards = undefined
    if (found === undefined) return
    aim.value = { address, rev: to, seq: found.seq }
    go({ moment: found.seq }, by)
  } catch (error) {
    if (towards !== own) return
    towards = undefined
    moveFault.value = faultOf(error)
  }
}

async function recordOf(address: string, rev: number): Promise<TransitionRecord | undefined> {
  const query = { fromRev: rev, toRev: rev }
  return (await client.ask('history', { params: { address }, query })).records[0]
}

/** Returns the records of the chosen actor around the moment that are here. */
function knownRecords(): readonly TransitionRecord[] {
  const life = chosen.value.value?.life
  return life?.address === choice.value ? life.records : []
}

/**
 * Goes to the next record of the chosen actor that took or emitted such an event; where there is none, to the last one
 * before the moment. Resolves with false when there is none either, within the pages that are looked through.
 */
export async function goToEvent(type: string): Promise<boolean> {
  const address = choice.value
  const rev = revNow.value ?? 0
  for (const reverse of moment.value === undefined ? [true] : [false, true]) {
    let after = moment.value === undefined ? rev + 1 : rev
    for (let page = 0; page < EVENT_PAGES_MAX; page++) {
      const query = { type, reverse, after, limit: 1 }
      const { records, next } = await client.ask('history', { params: { address }, query })
      const [found] = records
      if (found !== undefined) {
        if (choice.value === address) go({ moment: found.seq })
        return true
      }
      if (next === undefined) break
      after = next
    }
  }
  return false
}

/** The target of the last step. The next step may come before its record is here. */
const aim = signalOfLog<{ readonly address: string; readonly rev: number; readonly seq: number } | undefined>(
  undefined,
)

/** The rev of the record at the moment; undefined while it is not known. */
export const revNow = computed(() => {
  const to = aim.value
  if (to !== undefined && to.address === choice.value && to.seq === moment.value) return to.rev
  if (!chosen.isOld.value) return record.value?.rev
  return knownRecords().find(({ seq }) => seq === moment.value)?.rev
})

/** Goes some records on or back. After the last record comes the present. */
export function stepBy(count: number): void {
  const isMoving = towards?.rev !== undefined
  const at = towards?.rev ?? revNow.value
  if (at === undefined) {
    if (count > 0 && moment.value !== undefined && !chosen.isOld.value) void goToRev(1, 'step')
    return
  }
  const isPast = isMoving || moment.value !== undefined
  if (isPast && at + count > latestRev.value) goLive()
  else if (isPast || count < 0) void goToRev(at + count, 'step')
}

function goLive(): void {
  towards = undefined
  go({ moment: undefined }, 'step')
}

/** Goes to a time: to the last record that is not after it. */
export async function goToTime(at: number, by: 'click' | 'step'): Promise<void> {
  const own = { at }
  towards = own
  try {
    const { seq } = await client.events({ tail: 1, to: at })
    if (towards === own) arriveAt(seq, at, by)
  } finally {
    if (towards === own) towards = undefined
  }
}

function arriveAt(seq: number, at: number, by: 'click' | 'step'): void {
  const end = head.value.seq
  reached.set(seq, at)
  go({ moment: seq >= end ? undefined : Math.max(1, seq) }, by)
}

/** Goes some ms on or back. */
export function stepTime(ms: number): void {
  const isMoving = towards?.at !== undefined
  const at = towards?.at ?? momentAt.value
  if (at === undefined || (!isMoving && moment.value === undefined && ms > 0)) return
  goToTime(at + ms, 'step').catch((error) => {
    moveFault.value = faultOf(error)
  })
}

export const isPlaying = signal(false)
export const speed = signal<Speed>('steady')
let playing: ReturnType<typeof setTimeout> | undefined
onOtherLog(() => play(false))

/** Plays the records of the chosen actor from the moment on, or stops. */
export function play(on: boolean): void {
  clearTimeout(playing)
  isPlaying.value = on
  if (!on) return
  if (moment.value === undefined) void goToRev(1, 'step')
  awaitNext()
}

/** Waits until the next records are due, and goes on from there. */
function awaitNext(): void {
  const { rev, waitMs } = moveFrom(knownRecords(), revNow.value ?? 0, speed.value)
  playing = setTimeout(async () => {
    if (rev > latestRev.value) go({ moment: undefined }, 'step')
    // A record that cannot be read now is tried again.
    else await goToRev(rev, 'step')
    if (!isPlaying.value) return
    if (moment.value === undefined) play(false)
    else awaitNext()
  }, waitMs)
}
