/** Why the record at the moment happened, and how much of it is shown. */
import { computed, signal } from '@preact/signals'
import type { Explanation, TransitionRecord } from '../../../src/client/index.ts'
import { chosen, record } from '../log/chosen.ts'
import { client } from '../log/client.ts'
import { loaded } from '../log/loading.ts'
import { choice, moment, panel } from '../state/place.ts'
import { isDecision, movedTo, shownOf, stepsOf } from './steps.ts'

/** Levels of effects that are read at first, and when more are asked for. After these, all of them are. */
const DEPTHS = [2, 6] as const
/** Steps that are shown at first, and that a button adds. */
const STEPS_MAX = 100
/** Least ms between two explanations of an actor that moves: the server replays records for each of them. */
const LEAST_MS = 1_000

/** The number of times that more effects were asked for, and of which record. */
const asked = signal<{ readonly seq: number; readonly times: number }>({ seq: 0, times: 0 })
const timesFor = (seq: number): number => (asked.value.seq === seq ? asked.value.times : 0)

/** True when all that the first cause led to is shown. */
export const isAll = signal(false)

export const explanation = loaded<Explanation>(() => {
  const seq = record.value?.seq
  if (panel.value !== 'why' || seq === undefined) return undefined
  const depth = isAll.value ? undefined : DEPTHS[timesFor(seq)]
  return {
    subject: moment.value === undefined ? `live ${choice.value}` : `${seq} ${depth}`,
    place: moment.value === undefined ? 'now' : seq,
    about: choice.value,
    isSearch: true,
    follows: chosen,
    read: (signal) =>
      client.ask('why', { params: { seq }, query: depth === undefined ? {} : { depth }, signal }),
  }
}, LEAST_MS)

/**
 * Returns the last record before an explained one that moved its actor or said something, where that one did not. Undefined
 * as well where it lies further back than the records that are here.
 */
export function lastDecisionBefore({ record }: Explanation): TransitionRecord | undefined {
  const life = chosen.value.value?.life
  if (life?.address !== record.actor || isDecision(record)) return undefined
  return life.records.findLast((one) => one.rev < record.rev && isDecision(one))
}

/** Returns whether deeper effects can be asked for. */
export function hasDeeper({ record: { seq }, leftOut }: Explanation): boolean {
  return leftOut > 0 && !isAll.value && timesFor(seq) < DEPTHS.length
}

export function askDeeper({ record: { seq } }: Explanation): void {
  asked.value = { seq, times: timesFor(seq) + 1 }
}

/** The explanation of the first cause, from which all the others come. */
export const whole = loaded<Explanation>(() => {
  const is = explanation.value.value
  const first = is?.causes[0]
  if (!isAll.value || first === undefined) return undefined
  const { seq } = first.record
  return {
    subject: String(seq),
    place: seq,
    isSearch: true,
    follows: explanation,
    read: (signal) => client.ask('why', { params: { seq }, query: {}, signal }),
  }
}, LEAST_MS)

/** The number of steps that are shown at most. */
export const stepsMax = signal(STEPS_MAX)
export const showMore = (): void => {
  stepsMax.value += STEPS_MAX
}

/** All steps that are known. */
export const steps = computed(() => {
  const is = explanation.value.value
  if (is === undefined) return []
  const all = whole.value.value
  // While another chain is read, the one before is still there.
  const isOfIt = all !== undefined && all.record.seq === is.causes[0]?.record.seq
  const known = stepsOf(is, isOfIt ? all : undefined)
  return moment.value === undefined ? known : movedTo(known, moment.value)
})

export const shown = computed(() => shownOf(steps.value, stepsMax.value))
