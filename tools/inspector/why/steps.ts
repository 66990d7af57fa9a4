/** The records of an explanation as the steps of a sequence: who told whom what, in the order of the log. Pure. */
import type { Explained, Explanation, TransitionRecord } from '../../../src/client/index.ts'
import { isTaken, isUnknownTo } from '../../explained/asked.ts'
import { type Field, tellingFields } from '../../explained/decisive.ts'
import { eventText, kindOf, leavesOf, movesOf, type StateValue, shortState } from '../text/names.ts'

/** The place of a step in the explanation. `beside` is what the first cause led to elsewhere. */
export type Role = 'cause' | 'moment' | 'effect' | 'beside'

export interface Step {
  readonly explained: Explained
  readonly role: Role
  /** Address of the sender: an actor, a port, or the actor itself. Undefined when it is outside, or not known. */
  readonly from: string | undefined
  /** Number of records of the same timer between this one and the next that are left out. */
  readonly repeats: number
}

/** Returns the steps. `all` is the explanation of the first cause, when what it led to elsewhere is wanted, too. */
export function stepsOf(explanation: Explanation, all?: Explanation): Step[] {
  const { causes, effects } = explanation
  const role = new Map<number, Role>([
    ...causes.map(({ record }) => [record.seq, 'cause'] as const),
    ...effects.map(({ record }) => [record.seq, 'effect'] as const),
    [explanation.record.seq, 'moment'],
  ])
  const repeats = new Map(causes.map(({ record, repeats }) => [record.seq, repeats]))
  const bySeq = new Map<number, Explained>()
  for (const one of [...(all === undefined ? [] : [all, ...all.effects]), ...effects, ...causes, explanation])
    bySeq.set(one.record.seq, one)
  return [...bySeq.values()]
    .sort((a, b) => a.record.seq - b.record.seq)
    .map((explained) => ({
      explained,
      role: role.get(explained.record.seq) ?? 'beside',
      from: senderOf(explained.record, bySeq),
      repeats: repeats.get(explained.record.seq) ?? 0,
    }))
}

/** Returns the steps with another one as that of the moment: a person has gone there, and its explanation is to come. */
export function movedTo(steps: readonly Step[], seq: number): readonly Step[] {
  const seqOf = ({ explained }: Step): number => explained.record.seq
  if (!steps.some((step) => seqOf(step) === seq)) return steps
  return steps.map((step): Step => {
    if (seqOf(step) === seq) return { ...step, role: 'moment' }
    if (step.role !== 'moment') return step
    return { ...step, role: seqOf(step) < seq ? 'cause' : 'effect' }
  })
}

function senderOf(
  record: TransitionRecord,
  bySeq: ReadonlyMap<number, Pick<Explained, 'record'>>,
): string | undefined {
  if (record.cause === null) return undefined
  const cause = bySeq.get(record.cause)?.record
  if (cause === undefined) return record.timer === undefined ? undefined : record.actor
  const port = record.timer === undefined ? portOf(record, cause) : undefined
  return port === undefined ? cause.actor : `port/${port}`
}

/** Returns the port that sent the record's event. What a port reports has the record that asked it as its cause. */
function portOf(
  record: TransitionRecord,
  { intents = [], actor, turn }: TransitionRecord,
): string | undefined {
  if (actor !== record.actor || turn === record.turn) return undefined
  return (intents.find(({ id }) => id === record.completes) ?? intents[0])?.port
}

/** The message from outside that began it all. A tick is what a market says to the actor of a symbol. */
export interface Beginning {
  readonly name: 'tick' | 'message' | 'command' | 'beginning'
  readonly text: string
}

/** Returns what began it, with who asked. `record` has no cause. */
export function beginningOf({ actor, origin, key, request, event, child }: TransitionRecord): Beginning {
  if (origin !== undefined) {
    const where = `${origin.source}, message ${origin.position.toLocaleString('en')}`
    return kindOf(actor) === 'symbol'
      ? { name: 'tick', text: `The market began it: ${where}` }
      : { name: 'message', text: `It came from outside: ${where}` }
  }
  const by = typeof event.by === 'string' ? event.by : undefined
  if (by === undefined && key === undefined && request === undefined)
    return {
      name: 'beginning',
      text: child === undefined ? 'The program began it' : 'The run began it with this actor',
    }
  const details = [request && `request ${request}`, key && `key ${key}`].filter(Boolean).join(', ')
  const who = by === undefined ? 'A command began it' : `${by} asked for it`
  return { name: 'command', text: details === '' ? who : `${who}: ${details}` }
}

/**
 * Returns whether a record moved its actor, said something, failed or ended it. Of an actor by its name, `outcry why`
 * explains the last one that did.
 */
export function isDecision({ from, to, emitted, intents, status, event }: TransitionRecord): boolean {
  const isMoved = JSON.stringify(from) !== JSON.stringify(to)
  const isSaid = emitted !== undefined || intents !== undefined
  return isMoved || isSaid || status !== undefined || event.type === 'outcry.failed'
}

/** The change that a record made to its actor, in a word or two. */
export interface Outcome {
  readonly text: string
  readonly kind: 'moved' | 'refused' | 'failed'
}

/** Returns what came of a record; undefined where its actor took it and stayed in its state. */
export function outcomeOf({ record, guards }: Explained): Outcome | undefined {
  const { event, from, to, status, stashed, unhandled } = record
  if (event.type === 'outcry.failed') return { text: 'failed', kind: 'failed' }
  if (status === 'error') return { text: 'ended with an error', kind: 'failed' }
  if (stashed) return { text: 'kept for later', kind: 'refused' }
  const { entered } = movesOf(from as StateValue | null, to as StateValue)
  const state = from === null ? shortState(to as StateValue) : entered.join(', ')
  const text = [state, status].filter(Boolean).join(', ')
  if (text !== '') return { text, kind: 'moved' }
  if (!unhandled || (guards !== undefined && isTaken(guards))) return undefined
  const isUnknown = guards === undefined || isUnknownTo(guards)
  return { text: isUnknown ? 'no transition for it' : 'refused by its guards', kind: 'refused' }
}

/** Returns the sentence of what came of a record. */
export function outcomeText(explained: Explained): string {
  const { from, to, stashed, unhandled, status, event } = explained.record
  if (event.type === 'outcry.failed') return failureText(event)
  const text = (value: StateValue | null) =>
    leavesOf(value)
      .map((path) => path.join('.'))
      .join(', ')
  const [was, is] = [text(from as StateValue | null), text(to as StateValue)]
  const ends = status === undefined ? '' : `, and ends: ${status}`
  if (stashed) return 'It waits until the actor has restarted or is released'
  if (from === null) return `It starts in ${is}${ends}`
  if (was !== is) return `${was} → ${is}${ends}`
  if (ends !== '') return `It stays in ${is}${ends}`
  const { guards } = explained
  if (!unhandled || (guards !== undefined && isTaken(guards))) return `It stays in ${is}`
  return guards !== undefined && isUnknownTo(guards)
    ? `No transition for ${guards.event} in ${is}`
    : `Refused: it stays in ${is}`
}

/** The event by which an actor fails. */
interface Failed {
  readonly error?: { readonly message?: string }
  readonly event?: { readonly type?: string }
}

function failureText(event: object): string {
  const { error, event: on } = event as Failed
  return `It failed on ${eventText(on?.type ?? 'an event')}: ${error?.message ?? ''}`
}

/** Most words and most numbers of an event that are told beside its name. */
const WORDS_MAX = 2
const NUMBERS_MAX = 2
/** Names of fields that tell nothing to a person who looks at a chain: times and counters. */
const NOISE = /(At|Ns|Id|multiplier|contract)$/
/** Names of fields whose values speak for themselves. */
const PLAIN =
  /(^|\.)(text|check|reason|message|signal|action|status|execType|ordStatus|phase|side|ordType|contingencyType|interval|timeInForce|aggressor)$/

/** Returns what an event tells besides its name, as `TRADE, FILLED, SELL, lastQty 0.02`. */
export function detailOf(event: TransitionRecord['event']): string {
  if (event.type === 'xstate.init') return ''
  if (event.type === 'outcry.failed') return (event as Failed).error?.message ?? ''
  const fields = tellingFields(event).filter(({ name }) => !NOISE.test(name))
  // The part that was just filled says more of a fill than the whole.
  const isFill = fields.some(({ name }) => name === 'lastQty')
  const words = fields.filter(({ name }) => PLAIN.test(name))
  const numbers = fields.filter(({ name }) => !PLAIN.test(name) && !(isFill && /^(order|cum)Qty$/.test(name)))
  const told = [...words.slice(0, WORDS_MAX), ...numbers.slice(0, NUMBERS_MAX)]
  return [...new Set(told.map(fieldText))].join(', ')
}

const fieldText = ({ name, text }: Field): string => (PLAIN.test(name) ? text : `${name} ${text}`)

/** The steps that are shown. The others are behind buttons. */
export interface Shown {
  /** The first step, when it is not one of `steps`. */
  readonly first: Step | undefined
  readonly steps: readonly Step[]
  /** Numbers of the steps left out between the first one and the others, and after them. */
  readonly before: number
  readonly after: number
}

/** Returns at most `max` steps around the one of the moment, and the first one, which began it. */
export function shownOf(steps: readonly Step[], max: number): Shown {
  const at = steps.findIndex(({ role }) => role === 'moment')
  const from = Math.max(0, Math.min(at - Math.floor(max / 2), steps.length - max))
  const to = Math.min(steps.length, from + max)
  return {
    first: from > 0 ? steps[0] : undefined,
    steps: steps.slice(from, to),
    before: Math.max(0, from - 1),
    after: steps.length - to,
  }
}
